// SPDX-License-Identifier: MIT
// The known engines.
#include "src/engine/runtime.hpp"

#include "src/core/names.hpp"
#include "src/engine/calibram/runtime.hpp"
#include "src/engine/llama_cpp/runtime.hpp"
#include "src/engine/transformers/runtime.hpp"
#include "src/engine/vllm/runtime.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

namespace calibram {

std::span<const RuntimeFamily> runtime_families() {
  static const std::array families = {calibram_family(), llama_cpp_family(), transformers_family(),
                                      vllm_family()};
  return families;
}

std::string with_release_as_written(std::string_view name) {
  const std::size_t at = name.find('@');
  if (at == name.npos) return std::string{name};
  std::string_view release = name.substr(at + 1);
  if (release.starts_with('v')) release.remove_prefix(1);
  if (release.find('.') == release.npos || !parse_version(release)) return std::string{name};
  for (const RuntimeFamily& family : runtime_families())
    if (family.name == name.substr(0, at))
      return fmt::format("{}@{}{}", family.name, family.release_prefix, release);
  return std::string{name};
}

Runtime resolve_runtime(std::string_view asked, const Options& options, std::string_view model_family) {
  const std::string written = with_release_as_written(asked);
  const std::string_view name = written;
  const std::size_t at = name.find('@');
  const std::string_view version = at == std::string_view::npos ? std::string_view{} : name.substr(at + 1);
  std::vector<std::string_view> known;
  for (const RuntimeFamily& family : runtime_families()) {
    if (family.name == name.substr(0, at)) return family.resolve({name, version, options, model_family});
    known.push_back(family.name);
  }
  throw unknown_name("runtime", name.substr(0, at), known, "run \"calibram runtimes\" for the list");
}

}  // namespace calibram
