// SPDX-License-Identifier: MIT
// Questions over HTTP: each answer is the document that the command prints with --json and the same flags.
#pragma once

#include "bench/app/serve/parameters.hpp"
#include "bench/app/serve/served_models.hpp"
#include "bench/app/serve/served_profiles.hpp"
#include "bench/sweep/card.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace calibram {

/// The cards of this machine, looked for when the first question names one.
class ServedCards {
 public:
  const Cards& all();

 private:
  std::once_flag looked_;
  std::optional<Cards> cards_;
};

/// What answers are made from. Of any thread.
struct Served {
  ServedModels models;
  ServedProfiles profiles;
  ServedCards cards;
};

/// @throws InputError as the verbs do, and for what would keep a server busy for minutes
std::string estimate_answer(const AskedParameters& asked, Served& served);
std::string advice_answer(const AskedParameters& asked, Served& served);
std::string concurrency_answer(const AskedParameters& asked, Served& served);

}  // namespace calibram
