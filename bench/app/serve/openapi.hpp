// SPDX-License-Identifier: MIT
// The API's description.
#pragma once

#include <string>

namespace calibram {

/// An OpenAPI 3.1 document of the tables of paths and parameters.
std::string openapi_text();

}  // namespace calibram
