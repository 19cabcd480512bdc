// SPDX-License-Identifier: MIT
// Which function answers which path.
#include "bench/app/serve/routes.hpp"

#include "bench/app/look_up/lists.hpp"
#include "bench/app/serve/openapi.hpp"
#include "src/core/number.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace calibram {
namespace {

std::string kept_upload(const AskedParameters& asked, const std::string& body, Served& served) {
  const auto there = static_cast<std::int64_t>(body.size());
  const std::string_view size = asked.text("bytes");
  return served.models.add(body, Bytes{size.empty() ? there : require_integer("bytes", size, 1)},
                           asked.text("file"));
}

constexpr std::array route_table = {
    Route{"/api/estimate", "GET", "How much memory, which term takes it, and what it fits", Wanted::estimate,
          200,
          [](const AskedParameters& asked, const std::string&, Served& served) {
            return estimate_answer(asked, served);
          }},
    Route{"/api/advise", "GET", "What to do where it does not fit one gpu or capacity", Wanted::advice, 200,
          [](const AskedParameters& asked, const std::string&, Served& served) {
            return advice_answer(asked, served);
          }},
    Route{"/api/concurrency", "GET", "Memory against the number of requests served at once",
          Wanted::concurrency, 200,
          [](const AskedParameters& asked, const std::string&, Served& served) {
            return concurrency_answer(asked, served);
          }},
    Route{"/api/models", "GET", "The models known by name, then the uploads", Wanted::models, 200,
          [](const AskedParameters& asked, const std::string&, Served& served) {
            return served.models.list(asked.text("search"));
          }},
    Route{"/api/models", "POST",
          "Keeps the model that a config.json, or the first bytes of a .gguf, describes: its name is an "
          "answer's "
          "model",
          Wanted::upload, 201, kept_upload},
    Route{"/api/gpus", "GET", "The cards known by name", Wanted::others, 200,
          [](const AskedParameters&, const std::string&, Served&) {
            return list_text(gpus_list(cards_by_capacity("")));
          }},
    Route{"/api/runtimes", "GET", "The inference engines, with versions and options", Wanted::others, 200,
          [](const AskedParameters&, const std::string&, Served&) { return list_text(runtimes_list()); }},
    Route{"/api/formats", "GET", "The number formats of weights and KV cache", Wanted::others, 200,
          [](const AskedParameters&, const std::string&, Served&) { return list_text(formats_list()); }},
    Route{"/api/profiles", "GET", "The profiles that answers can be calibrated by", Wanted::others, 200,
          [](const AskedParameters&, const std::string&, Served& served) { return served.profiles.list(); }},
    Route{"/api/version", "GET", "The version of the program", Wanted::others, 200,
          [](const AskedParameters&, const std::string&, Served&) {
            return list_text({{"version", CALIBRAM_VERSION}});
          }},
    Route{"/api/openapi.json", "GET", "This description", Wanted::others, 200,
          [](const AskedParameters&, const std::string&, Served&) { return openapi_text(); }},
};

}  // namespace

std::span<const Route> routes() { return route_table; }

}  // namespace calibram
