// SPDX-License-Identifier: MIT
// What an estimate is asked for, be it by a command line or over HTTP, and the report that answers it.
#pragma once

#include "bench/app/estimate/estimate_report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// Questions the other way round, and of which memory.
struct InverseRequest {
  InverseAsked asked;
  Capacity capacity;
};

/// @throws InputError where it is not one that was named
Capacity only_capacity(const InverseAsked& asked, const std::vector<Capacity>& named);

struct EstimateRequest {
  Question question;
  std::string estimator;                  ///< empty: the best that answers
  std::vector<Capacity> named;            ///< what the answer is held against, beside the known cards
  bool lists_all = false;                 ///< the text, too, has every card
  std::optional<InverseRequest> inverse;  ///< in place of what the text says of known cards
  bool explains = false;
  bool compares_rules = false;
};

/// @throws InputError for what is unknown or cannot be answered, with the reason and what to do
EstimateReport report_on(const EstimateRequest& request, const Estimators& estimators);

}  // namespace calibram
