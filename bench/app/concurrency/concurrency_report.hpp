// SPDX-License-Identifier: MIT
// Memory against requests, as a table, CSV or JSON.
#pragma once

#include "bench/calculator/concurrency.hpp"

#include <string>

namespace calibram {

struct ConcurrencyReport {
  const Question& question;
  const Concurrency& concurrency;
  const std::optional<Capacity>& capacity;
};

/// 1, 2, 4, … requests and the last row; what is shared; how many fit.
std::string concurrency_text(const ConcurrencyReport& report);

/// Every number of requests, in bytes; what is not known is empty.
std::string concurrency_csv(const ConcurrencyReport& report);

/// The same as one JSON document with a line end.
std::string concurrency_json(const ConcurrencyReport& report);

}  // namespace calibram
