// SPDX-License-Identifier: MIT
// The paths of the API: one table, by which requests are answered and the API is described.
#pragma once

#include "bench/app/serve/answers.hpp"

#include <span>
#include <string>
#include <string_view>

namespace calibram {

struct Route {
  std::string_view path;
  std::string_view method;  ///< GET, which HEAD goes with, or POST
  std::string_view summary;
  Wanted wanted;
  int status = 200;
  /// The document. @param body  of the request. @throws InputError
  std::string (*answer)(const AskedParameters& asked, const std::string& body, Served& served);
};

std::span<const Route> routes();

}  // namespace calibram
