// SPDX-License-Identifier: MIT
// One start of a vLLM engine: settings by name, numbers by metric and process, and the rows they make.
#pragma once

#include "bench/import/reading.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

class VllmStart {
 public:
  bool is_empty() const { return last_line_ == 0; }
  bool has_engine() const { return has_engine_; }

  void begin_engine() { has_engine_ = true; }
  void see_line(std::int64_t line);
  /// A setting is kept as first stated; another value later is remarked.
  void set(std::string_view name, std::string_view text);
  /// What replaces a setting: the engine changed it itself.
  void replace(std::string_view name, std::string_view text);
  /// A number that the process `rank` printed. What was printed with more digits counts.
  void measure(std::string_view name, std::string_view text, const std::string& rank);
  void run_out_of_memory(std::string_view message);
  void refuse(std::string_view message);
  void be_ready() { is_ready_ = true; }
  /// What follows from numbers that a process printed: only the first one prints what is left for the cache.
  void complete();

  Reading reading() const;

 private:
  std::string setting(std::string_view name) const;
  std::optional<std::int64_t> count(std::string_view name) const;
  std::optional<Quantity> one(std::string_view name) const;
  std::optional<Quantity> deciding(std::string_view name, Reading& reading) const;
  std::optional<Quantity> summed(std::string_view name, Reading& reading) const;
  void state_engine(Reading& reading) const;
  void state_model(Reading& reading) const;
  void state_weights(Reading& reading) const;
  void state_devices(Reading& reading) const;
  void state_options(Reading& reading) const;
  void state_switches(Reading& reading) const;
  void add_values(Reading& reading) const;
  void add_kv(Reading& reading) const;

  std::map<std::string, std::string, std::less<>> settings_;
  std::map<std::string, std::map<std::string, Quantity>, std::less<>> numbers_;  ///< by name and process
  std::vector<std::string> remarks_;
  std::string out_of_memory_;
  std::int64_t first_line_ = 0, last_line_ = 0;
  bool has_engine_ = false, is_ready_ = false;
};

}  // namespace calibram
