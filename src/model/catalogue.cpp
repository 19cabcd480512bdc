// SPDX-License-Identifier: MIT
// The table of well-known models, and how a name is looked up in it.
#include "src/model/catalogue.hpp"

#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/model/config.hpp"
#include "src/model/family.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

namespace calibram {
namespace {

// From the publishers' config.json files on huggingface.co. Columns: name, family, hidden size, layers,
// heads, KV heads, head size, MLP width, vocabulary, tied, positions, rope theta, norm epsilon, stored
// format, window, rotary fraction, aliases.
// clang-format off
constexpr std::array<CatalogueEntry, 72> table = {{
    {"qwen1.5-0.5b", "qwen2", 1024, 24, 16, 16, 64, 2816, 151936, true, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen1.5-0.5b-chat"},
    {"qwen1.5-1.8b", "qwen2", 2048, 24, 16, 16, 128, 5504, 151936, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen1.5-1.8b-chat"},
    {"qwen1.5-4b", "qwen2", 2560, 40, 20, 20, 128, 6912, 151936, false, 32768, 5e6, 1e-6, "bf16", 0, -1, "qwen1.5-4b-chat"},
    {"qwen1.5-7b", "qwen2", 4096, 32, 32, 32, 128, 11008, 151936, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen1.5-7b-chat"},
    {"qwen1.5-14b", "qwen2", 5120, 40, 40, 40, 128, 13696, 152064, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen1.5-14b-chat"},
    {"qwen1.5-72b", "qwen2", 8192, 80, 64, 64, 128, 24576, 152064, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen1.5-72b-chat"},
    {"qwen2-0.5b", "qwen2", 896, 24, 14, 2, 64, 4864, 151936, true, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2-0.5b-instruct"},
    {"qwen2-1.5b", "qwen2", 1536, 28, 12, 2, 128, 8960, 151936, true, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2-1.5b-instruct"},
    {"qwen2-7b", "qwen2", 3584, 28, 28, 4, 128, 18944, 152064, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2-7b-instruct"},
    {"qwen2-72b", "qwen2", 8192, 80, 64, 8, 128, 29568, 152064, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2-72b-instruct"},
    {"qwen2.5-0.5b", "qwen2", 896, 24, 14, 2, 64, 4864, 151936, true, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2.5-0.5b-instruct"},
    {"qwen2.5-1.5b", "qwen2", 1536, 28, 12, 2, 128, 8960, 151936, true, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2.5-1.5b-instruct"},
    {"qwen2.5-3b", "qwen2", 2048, 36, 16, 2, 128, 11008, 151936, true, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2.5-3b-instruct"},
    {"qwen2.5-7b", "qwen2", 3584, 28, 28, 4, 128, 18944, 152064, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2.5-7b-instruct"},
    {"qwen2.5-14b", "qwen2", 5120, 48, 40, 8, 128, 13824, 152064, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2.5-14b-instruct"},
    {"qwen2.5-32b", "qwen2", 5120, 64, 40, 8, 128, 27648, 152064, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2.5-32b-instruct"},
    {"qwen2.5-72b", "qwen2", 8192, 80, 64, 8, 128, 29568, 152064, false, 32768, 1e6, 1e-6, "bf16", 0, -1, "qwen2.5-72b-instruct"},
    {"qwen3-0.6b", "qwen3", 1024, 28, 16, 8, 128, 3072, 151936, true, 40960, 1e6, 1e-6, "bf16"},
    {"qwen3-1.7b", "qwen3", 2048, 28, 16, 8, 128, 6144, 151936, true, 40960, 1e6, 1e-6, "bf16"},
    {"qwen3-4b", "qwen3", 2560, 36, 32, 8, 128, 9728, 151936, true, 40960, 1e6, 1e-6, "bf16"},
    {"qwen3-8b", "qwen3", 4096, 36, 32, 8, 128, 12288, 151936, false, 40960, 1e6, 1e-6, "bf16"},
    {"qwen3-14b", "qwen3", 5120, 40, 40, 8, 128, 17408, 151936, false, 40960, 1e6, 1e-6, "bf16"},
    {"qwen3-32b", "qwen3", 5120, 64, 64, 8, 128, 25600, 151936, false, 40960, 1e6, 1e-6, "bf16"},
    {"llama-2-7b", "llama", 4096, 32, 32, 32, 128, 11008, 32000, false, 4096, 1e4, 1e-5, "fp16", 0, -1, "llama2-7b llama-2-7b-hf llama-2-7b-chat-hf"},
    {"llama-2-13b", "llama", 5120, 40, 40, 40, 128, 13824, 32000, false, 4096, 1e4, 1e-5, "fp16", 0, -1, "llama2-13b llama-2-13b-hf llama-2-13b-chat-hf"},
    {"llama-2-70b", "llama", 8192, 80, 64, 8, 128, 28672, 32000, false, 4096, 1e4, 1e-5, "fp16", 0, -1, "llama2-70b llama-2-70b-hf llama-2-70b-chat-hf"},
    {"llama-3-8b", "llama", 4096, 32, 32, 8, 128, 14336, 128256, false, 8192, 5e5, 1e-5, "bf16", 0, -1, "llama3-8b meta-llama-3-8b meta-llama-3-8b-instruct"},
    {"llama-3-70b", "llama", 8192, 80, 64, 8, 128, 28672, 128256, false, 8192, 5e5, 1e-5, "bf16", 0, -1, "llama3-70b meta-llama-3-70b meta-llama-3-70b-instruct"},
    {"llama-3.1-8b", "llama", 4096, 32, 32, 8, 128, 14336, 128256, false, 131072, 5e5, 1e-5, "bf16", 0, -1, "llama3.1-8b llama-3.1-8b-instruct meta-llama-3.1-8b meta-llama-3.1-8b-instruct"},
    {"llama-3.1-70b", "llama", 8192, 80, 64, 8, 128, 28672, 128256, false, 131072, 5e5, 1e-5, "bf16", 0, -1, "llama3.1-70b llama-3.1-70b-instruct meta-llama-3.1-70b meta-llama-3.1-70b-instruct"},
    {"llama-3.1-405b", "llama", 16384, 126, 128, 8, 128, 53248, 128256, false, 131072, 5e5, 1e-5, "bf16", 0, -1, "llama3.1-405b llama-3.1-405b-instruct meta-llama-3.1-405b meta-llama-3.1-405b-instruct"},
    {"llama-3.2-1b", "llama", 2048, 16, 32, 8, 64, 8192, 128256, true, 131072, 5e5, 1e-5, "bf16", 0, -1, "llama3.2-1b llama-3.2-1b-instruct"},
    {"llama-3.2-3b", "llama", 3072, 28, 24, 8, 128, 8192, 128256, true, 131072, 5e5, 1e-5, "bf16", 0, -1, "llama3.2-3b llama-3.2-3b-instruct"},
    {"llama-3.3-70b", "llama", 8192, 80, 64, 8, 128, 28672, 128256, false, 131072, 5e5, 1e-5, "bf16", 0, -1, "llama3.3-70b llama-3.3-70b-instruct"},
    {"tinyllama-1.1b", "llama", 2048, 22, 32, 4, 64, 5632, 32000, false, 2048, 1e4, 1e-5, "bf16", 0, -1, "tinyllama-1.1b-chat-v1.0"},
    {"codellama-7b", "llama", 4096, 32, 32, 32, 128, 11008, 32016, false, 16384, 1e6, 1e-5, "bf16", 0, -1, "codellama-7b-hf codellama-7b-instruct-hf"},
    {"codellama-13b", "llama", 5120, 40, 40, 40, 128, 13824, 32016, false, 16384, 1e6, 1e-5, "bf16", 0, -1, "codellama-13b-hf codellama-13b-instruct-hf"},
    {"codellama-34b", "llama", 8192, 48, 64, 8, 128, 22016, 32000, false, 16384, 1e6, 1e-5, "bf16", 0, -1, "codellama-34b-hf codellama-34b-instruct-hf"},
    {"deepseek-llm-7b", "llama", 4096, 30, 32, 32, 128, 11008, 102400, false, 4096, 1e4, 1e-6, "bf16", 0, -1, "deepseek-llm-7b-base deepseek-llm-7b-chat"},
    {"deepseek-llm-67b", "llama", 8192, 95, 64, 8, 128, 22016, 102400, false, 4096, 1e4, 1e-6, "bf16", 0, -1, "deepseek-llm-67b-base deepseek-llm-67b-chat"},
    {"mistral-7b-v0.1", "mistral", 4096, 32, 32, 8, 128, 14336, 32000, false, 32768, 1e4, 1e-5, "bf16", 4096, -1, "mistral-7b-instruct-v0.1"},
    {"mistral-7b-v0.3", "mistral", 4096, 32, 32, 8, 128, 14336, 32768, false, 32768, 1e6, 1e-5, "bf16", 0, -1, "mistral-7b-instruct-v0.3"},
    {"mistral-nemo-12b", "mistral", 5120, 40, 32, 8, 128, 14336, 131072, false, 131072, 1e6, 1e-5, "bf16", 0, -1, "mistral-nemo mistral-nemo-instruct-2407"},
    {"mistral-small-24b", "mistral", 5120, 40, 32, 8, 128, 32768, 131072, false, 32768, 1e8, 1e-5, "bf16", 0, -1, "mistral-small-24b-base-2501 mistral-small-24b-instruct-2501"},
    {"gemma-2b", "gemma", 2048, 18, 8, 1, 256, 16384, 256000, true, 8192, 1e4, 1e-6, "bf16", 0, -1, "gemma-2b-it"},
    {"gemma-7b", "gemma", 3072, 28, 16, 16, 256, 24576, 256000, true, 8192, 1e4, 1e-6, "bf16", 0, -1, "gemma-7b-it"},
    {"gemma-2-2b", "gemma2", 2304, 26, 8, 4, 256, 9216, 256000, true, 8192, 1e4, 1e-6, "bf16", 4096, -1, "gemma2-2b gemma-2-2b-it"},
    {"gemma-2-9b", "gemma2", 3584, 42, 16, 8, 256, 14336, 256000, true, 8192, 1e4, 1e-6, "bf16", 4096, -1, "gemma2-9b gemma-2-9b-it"},
    {"gemma-2-27b", "gemma2", 4608, 46, 32, 16, 128, 36864, 256000, true, 8192, 1e4, 1e-6, "bf16", 4096, -1, "gemma2-27b gemma-2-27b-it"},
    {"phi-1.5", "phi", 2048, 24, 32, 32, 64, 8192, 51200, false, 2048, 1e4, 1e-5, "fp16", 0, 0.5, "phi-1_5"},
    {"phi-2", "phi", 2560, 32, 32, 32, 80, 10240, 51200, false, 2048, 1e4, 1e-5, "fp16", 0, 0.4},
    {"phi-3-mini-4k", "phi3", 3072, 32, 32, 32, 96, 8192, 32064, false, 4096, 1e4, 1e-5, "bf16", 2047, -1, "phi-3-mini-4k-instruct phi-3-mini"},
    {"phi-3-mini-128k", "phi3", 3072, 32, 32, 32, 96, 8192, 32064, false, 131072, 1e4, 1e-5, "bf16", 262144, -1, "phi-3-mini-128k-instruct"},
    {"phi-3.5-mini", "phi3", 3072, 32, 32, 32, 96, 8192, 32064, false, 131072, 1e4, 1e-5, "bf16", 262144, -1, "phi-3.5-mini-instruct"},
    {"phi-4", "phi3", 5120, 40, 40, 10, 128, 17920, 100352, false, 16384, 2.5e5, 1e-5, "bf16"},
    {"pythia-1.4b", "gpt_neox", 2048, 24, 16, 16, 128, 8192, 50304, false, 2048, 1e4, 1e-5, "fp16"},
    {"pythia-2.8b", "gpt_neox", 2560, 32, 32, 32, 80, 10240, 50304, false, 2048, 1e4, 1e-5, "fp16"},
    {"pythia-6.9b", "gpt_neox", 4096, 32, 32, 32, 128, 16384, 50432, false, 2048, 1e4, 1e-5, "fp16"},
    {"pythia-12b", "gpt_neox", 5120, 36, 40, 40, 128, 20480, 50688, false, 2048, 1e4, 1e-5, "fp16"},
    {"gpt2", "gpt2", 768, 12, 12, 12, 64, 3072, 50257, true, 1024, 1e4, 1e-5, "fp32"},
    {"gpt2-medium", "gpt2", 1024, 24, 16, 16, 64, 4096, 50257, true, 1024, 1e4, 1e-5, "fp32"},
    {"gpt2-large", "gpt2", 1280, 36, 20, 20, 64, 5120, 50257, true, 1024, 1e4, 1e-5, "fp32"},
    {"gpt2-xl", "gpt2", 1600, 48, 25, 25, 64, 6400, 50257, true, 1024, 1e4, 1e-5, "fp32"},
    {"starcoder2-3b", "starcoder2", 3072, 30, 24, 2, 128, 12288, 49152, true, 16384, 999999.4420358813, 1e-5, "fp32", 4096},
    {"starcoder2-7b", "starcoder2", 4608, 32, 36, 4, 128, 18432, 49152, true, 16384, 1e6, 1e-5, "bf16", 4096},
    {"stablelm-3b-4e1t", "stablelm", 2560, 32, 32, 32, 80, 6912, 50304, false, 4096, 1e4, 1e-5, "bf16"},
    // Shapes that calibram's own sweep runs: small, and each large in something else (cache, weights, MLP,
    // vocabulary, depth). No publisher has them; they are in the table so that their rows can be read again.
    {"probe-mha", "llama", 512, 16, 8, 8, 64, 1408, 32000, false, 131072, 1e4, 1e-5, "fp16"},
    {"probe-gqa", "llama", 640, 12, 8, 2, 64, 2304, 32000, true, 131072, 1e4, 1e-5, "fp16"},
    {"probe-mqa", "llama", 512, 8, 8, 1, 64, 3072, 64000, true, 131072, 1e4, 1e-5, "fp16"},
    {"probe-deep", "llama", 256, 48, 4, 4, 64, 704, 16000, false, 131072, 1e4, 1e-5, "fp16"},
    {"probe-plain", "phi", 512, 12, 8, 8, 64, 2048, 50304, false, 131072, 1e4, 1e-5, "fp16"},
    {"probe-vocabulary", "qwen2", 384, 10, 4, 2, 128, 4096, 128000, true, 131072, 1e4, 1e-6, "fp16"},
}};
// clang-format on

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool is_listed(std::string_view name, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == name) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

Model model_of(const CatalogueEntry& entry) {
  const Family& family = *find_family(entry.family);
  Architecture architecture = default_architecture(family);
  architecture.hidden_size = entry.hidden_size;
  architecture.layers = entry.layers;
  architecture.heads = entry.heads;
  architecture.kv_heads = entry.kv_heads;
  architecture.head_size = entry.head_size;
  architecture.mlp_width = entry.mlp_width;
  architecture.vocabulary = entry.vocabulary;
  architecture.tied_embeddings = entry.tied_embeddings;
  architecture.max_positions = entry.max_positions;
  architecture.rope_theta = entry.rope_theta;
  architecture.norm_epsilon = entry.norm_epsilon;
  architecture.stored_format = entry.stored_format;
  architecture.window.reset();
  if (entry.window > 0) architecture.window = entry.window;
  if (entry.rotary_fraction >= 0) architecture.rotary_fraction = entry.rotary_fraction;
  return build_model(family, architecture, std::string{entry.name});
}

/// "Qwen/Qwen2-7B" is "Qwen2-7B"; a longer path is a path, not a publisher's name.
std::string_view without_publisher(std::string_view name) {
  const std::size_t slash = name.find('/');
  const bool has_publisher = slash != std::string_view::npos && slash > 0 && name[0] != '.' && name[0] != '~';
  return has_publisher ? name.substr(slash + 1) : name;
}

[[noreturn]] void throw_unknown(const std::string& subject) {
  std::vector<std::string_view> names;
  for (const CatalogueEntry& entry : table) names.push_back(entry.name);
  throw unknown_name("model", subject, names,
                     "run `calibram models` for the list, or give the path of a config.json");
}

bool looks_like_path(std::string_view subject) {
  return subject.starts_with('/') || subject.starts_with('.') || subject.ends_with(".json");
}

void refuse_weights_file(const std::string& subject) {
  if (!subject.ends_with(".gguf") && !subject.ends_with(".safetensors")) return;
  throw InputError{"cannot read the model '" + subject + "'", "a file of weights, not a config.json",
                   "give the config.json that belongs to it"};
}

bool exists(const std::string& path) {
  std::error_code ignored;  // what cannot be looked at is reported as an unknown model
  return std::filesystem::exists(path, ignored);
}

}  // namespace

std::span<const CatalogueEntry> catalogue() { return table; }

std::optional<Model> find_model(std::string_view name) {
  const std::string wanted = lower_case(without_publisher(name));
  for (const CatalogueEntry& entry : table)
    if (entry.name == wanted || is_listed(wanted, entry.aliases)) return model_of(entry);
  return std::nullopt;
}

Model load_model(const std::string& subject) {
  refuse_weights_file(subject);
  // A file called like a model is reached as ./name; a folder "publisher/name" goes before the catalogue.
  const bool is_plain_name = subject.find('/') == std::string::npos;
  if (!is_plain_name && exists(subject)) return read_config(subject);
  if (std::optional<Model> model = find_model(subject)) return *std::move(model);
  if (is_plain_name && exists(subject)) return read_config(subject);
  if (looks_like_path(subject)) return read_config(subject);  // which says what is wrong with it
  throw_unknown(subject);
}

}  // namespace calibram
