// SPDX-License-Identifier: MIT
// Counts lines with words of each engine.
#include "bench/import/kind_guess.hpp"

#include "bench/import/import.hpp"

#include <algorithm>
#include <numeric>

namespace calibram {
namespace {

struct Mark {
  LogKind kind;
  std::string_view word;
};
constexpr std::array marks = {
    Mark{LogKind::vllm, "vLLM"},
    Mark{LogKind::vllm, "(EngineCore"},
    Mark{LogKind::vllm, "[gpu_model_runner.py:"},
    Mark{LogKind::vllm, "[model_runner.py:"},
    Mark{LogKind::llama_cpp, "llama_model_loader:"},
    Mark{LogKind::llama_cpp, "llama_context:"},
    Mark{LogKind::llama_cpp, "print_info:"},
    Mark{LogKind::llama_cpp, "load_tensors:"},
    Mark{LogKind::llama_cpp, "ggml_"},
    Mark{LogKind::torch, "PyTorch CUDA memory summary"},
    Mark{LogKind::torch, "allocated_bytes.all."},
};

/// Start-up lines stand at the beginning.
constexpr std::int64_t most_lines = 20000;

}  // namespace

void KindGuess::see(std::string_view line) {
  if (std::accumulate(lines_.begin(), lines_.end(), std::int64_t{0}) > most_lines) return;
  for (const Mark& mark : marks)
    if (line.find(mark.word) != line.npos) ++lines_[static_cast<std::size_t>(mark.kind)];
}

std::string_view KindGuess::kind() const {
  const auto most = std::max_element(lines_.begin(), lines_.end());
  return *most == 0 ? std::string_view{} : log_kind_names[static_cast<std::size_t>(most - lines_.begin())];
}

}  // namespace calibram
