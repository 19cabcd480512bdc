// SPDX-License-Identifier: MIT
// The one exception type: what went wrong, why, and what the reader can do about it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

namespace calibram {

/// A failure in three parts, printed on one line as "problem (reason); remedy". Exit status 1.
/// Reason and remedy may be empty.
class Error : public std::runtime_error {
 public:
  Error(const std::string& problem, const std::string& reason, const std::string& remedy);

  const std::string& problem() const noexcept { return parts_->problem; }
  const std::string& reason() const noexcept { return parts_->reason; }
  const std::string& remedy() const noexcept { return parts_->remedy; }

  /// The status with which the program ends when nothing handles the error.
  virtual int exit_status() const noexcept { return 1; }

 private:
  struct Parts {
    std::string problem, reason, remedy;
  };

  std::shared_ptr<const Parts> parts_;  ///< shared, since copying an exception must not throw
};

/// The user's input or command line is at fault. Exit status 2.
class InputError : public Error {
 public:
  using Error::Error;
  int exit_status() const noexcept override { return 2; }
};

}  // namespace calibram
