// SPDX-License-Identifier: MIT
// How long the header of a model with 100,000 tensors takes, and whether a terabyte behind it costs anything.
#include "src/core/file.hpp"
#include "src/model/gguf/gguf.hpp"
#include "src/model/safetensors/safetensors.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

namespace calibram {
namespace {

constexpr int tensors = 100'000;
constexpr std::int64_t rows = 2048, columns = 7168;

/// A mixture-of-experts model's name, as long as they get.
std::string expert_name(int tensor) {
  return fmt::format("model.layers.{}.mlp.experts.{}.down_proj.weight", tensor / 256, tensor % 256);
}

template <class Number>
std::string bytes_of(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

std::string safetensors_header() {
  std::string json;
  for (std::int64_t i = 0; i < tensors; ++i)
    json += fmt::format(R"({}"{}":{{"dtype":"F8_E4M3","shape":[{},{}],"data_offsets":[{},{}]}})",
                        i == 0 ? "{" : ",", expert_name(static_cast<int>(i)), rows, columns,
                        i * rows * columns, (i + 1) * rows * columns);
  json += "}";
  return bytes_of<std::uint64_t>(json.size()) + json;
}

std::string gguf_text(std::string_view text) {
  return bytes_of<std::uint64_t>(text.size()) + std::string{text};
}

/// All tensors in I8, whose bytes are its elements; with a vocabulary of the usual size in front.
std::string gguf_header() {
  std::string header = "GGUF" + bytes_of(3U) + bytes_of<std::uint64_t>(tensors) + bytes_of<std::uint64_t>(1);
  header += gguf_text("tokenizer.ggml.tokens") + bytes_of(GgufType::array) + bytes_of(GgufType::text);
  header += bytes_of<std::uint64_t>(150'000);
  for (int i = 0; i < 150'000; ++i) header += gguf_text("a token");
  for (std::int64_t i = 0; i < tensors; ++i)
    header += gguf_text(expert_name(static_cast<int>(i))) + bytes_of(2U) + bytes_of(columns) +
              bytes_of(rows) + bytes_of(24U) + bytes_of(i * rows * columns);
  header.resize((header.size() + 31) / 32 * 32);
  return header;
}

/// A file of this name with the header and a hole behind it, which takes no room on the disk.
class HeaderFile {
 public:
  HeaderFile(const std::string& name, const std::string& header, std::int64_t hole)
      : path_{std::filesystem::temp_directory_path() / fmt::format("calibram-{}-{}", ::getpid(), name)} {
    write_file(path_, header);
    has_hole_ = hole == 0 || ::truncate(path_.c_str(), static_cast<std::int64_t>(header.size()) + hole) == 0;
  }
  HeaderFile(const HeaderFile&) = delete;
  HeaderFile& operator=(const HeaderFile&) = delete;
  ~HeaderFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  bool has_hole() const { return has_hole_; }

 private:
  std::filesystem::path path_;
  bool has_hole_;
};

template <class Read>
void read_header(benchmark::State& state, const std::string& name, const std::string& header, bool with_data,
                 const Read& read) {
  const HeaderFile file{name, header, with_data ? tensors * rows * columns : 0};
  if (!file.has_hole()) return state.SkipWithError("this file system makes no file of a terabyte");
  for (auto _ : state) benchmark::DoNotOptimize(read(file.path()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(header.size()));
}

void safetensors(benchmark::State& state, bool with_data) {
  read_header(state, "model.safetensors", safetensors_header(), with_data, read_safetensors);
}
void gguf(benchmark::State& state, bool with_data) {
  read_header(state, "model.gguf", gguf_header(), with_data,
              [](const std::filesystem::path& file) { return read_gguf(file); });
}

BENCHMARK_CAPTURE(safetensors, 100000_tensors, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(safetensors, 100000_tensors_before_1_TiB, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gguf, 100000_tensors, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gguf, 100000_tensors_before_1_TiB, true)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace calibram
