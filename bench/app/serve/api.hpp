// SPDX-License-Identifier: MIT
// What the server answers: the page's files, and the API.
#pragma once

#include "bench/app/serve/answers.hpp"
#include "bench/serve/http_server.hpp"

namespace calibram {

/// The answer, or a document that says what is wrong with the request. From any thread.
HttpResponse respond(const HttpRequest& request, Served& served);

/// Whether the answer may take more than a few milliseconds.
bool takes_long(const HttpRequest& request);

}  // namespace calibram
