// SPDX-License-Identifier: MIT
// Asks the same question with one thing changed at a time.
#include "bench/calculator/hint.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"
#include "src/engine/vllm/batch_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

namespace calibram {
namespace {

bool is_engine(const Question& question, std::string_view family) {
  return family_of(question.runtime) == family;
}

/// The changes that concern one term.
class Changes {
 public:
  explicit Changes(const Question& asked) : asked_{asked} {}

  void add(std::string words, const std::function<void(Question&)>& change) {
    Question changed = asked_;
    change(changed);
    changes_.push_back({std::move(words), std::move(changed), Bytes{}});
  }
  void add_option(std::string words, const char* key, std::string value) {
    add(std::move(words), [&](Question& changed) { changed.options[key] = value; });
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  const Question& asked_;
  std::vector<Change> changes_;
};

void add_formats(const Question& question, Changes& changes) {
  const auto add = [&](std::string words, const char* format) {
    changes.add(std::move(words), [&](Question& changed) { changed.weights = &weight_format(format); });
  };
  if (is_engine(question, "llama.cpp")) {
    add("4-bit weights (q4_k)", "q4_k");
    return add("8-bit weights (q8_0)", "q8_0");
  }
  if (activation_bytes(*question.weights) == 4)
    changes.add("16-bit weights and cache (bf16)", [](Question& changed) {
      changed.weights = &weight_format("bf16");
      changed.kv = &kv_format("bf16");
    });
  add("int4 weights (awq-int4)", "awq-int4");
  add("int8 weights", "int8");
}

void add_cache_formats(const Question& question, Changes& changes) {
  const std::string name = is_engine(question, "llama.cpp") ? "q8_0"
                           : is_engine(question, "vllm")    ? "fp8"
                                                            : "int8";
  const char* article = name == "q8_0" ? "a" : "an";
  changes.add(fmt::format("{} {} cache", article, name),
              [&](Question& changed) { changed.kv = &kv_format(name); });
}

void add_smaller_work(const Question& question, Changes& changes) {
  const Workload& workload = question.workload;
  if (workload.batch > 1)
    changes.add("half the batch", [](Question& changed) { changed.workload.batch /= 2; });
  if (workload.context_tokens() > 1)
    changes.add("half the context", [](Question& changed) {
      Workload& half = changed.workload;
      half.prompt = std::max<std::int64_t>(half.prompt / 2, 1);
      half.generate /= 2;
      if (half.context) half.context = std::max(*half.context / 2, half.prompt + half.generate);
    });
}

/// What engines let one choose of the tokens that go through at once.
void add_smaller_passes(const Question& question, const Runtime& runtime, Changes& changes) {
  if (const auto* vllm = std::get_if<VllmSettings>(&runtime.settings)) {
    const std::int64_t half = vllm_batch_limits(question, *vllm).tokens / 2;
    changes.add_option(fmt::format("max_num_batched_tokens={}", half), "max_num_batched_tokens",
                       std::to_string(half));
  }
  if (const auto* llama = std::get_if<LlamaCppSettings>(&runtime.settings))
    changes.add_option(fmt::format("ubatch={}", llama->n_ubatch / 2), "ubatch",
                       std::to_string(llama->n_ubatch / 2));
  if (runtime.attention != AttentionKind::flash) changes.add_option("flash attention", "attention", "flash");
}

void add_fewer_logits(const Question& question, const Runtime& runtime, Changes& changes) {
  if (is_engine(question, "transformers") && runtime.logits_rows == LogitsRows::all)
    changes.add("transformers 4.45, which keeps the last token's alone,",
                [](Question& changed) { changed.runtime = "transformers@4.45.0"; });
  if (is_engine(question, "calibram") && runtime.logits_rows == LogitsRows::all)
    changes.add_option("the last token's alone (logits=last)", "logits", "last");
  if (is_engine(question, "llama.cpp"))
    changes.add_option("the last token's alone (logits_all=off)", "logits_all", "off");
  if (const auto* vllm = std::get_if<VllmSettings>(&runtime.settings)) {
    const std::int64_t half = vllm_batch_limits(question, *vllm).sequences / 2;
    changes.add_option(fmt::format("max_num_seqs={}", half), "max_num_seqs", std::to_string(half));
  }
}

std::vector<Change> changes_for(Term largest, const Question& question) {
  Changes changes{question};
  if (largest == Term::constant || !question.weights) return {};
  if (largest == Term::weights) {
    add_formats(question, changes);
    return changes.take();
  }
  if (largest == Term::kv_cache) {
    add_cache_formats(question, changes);
  } else if (question.model) {
    const Runtime runtime = runtime_of(question);
    if (largest == Term::logits) add_fewer_logits(question, runtime, changes);
    add_smaller_passes(question, runtime, changes);
  }
  add_smaller_work(question, changes);
  return changes.take();
}

/// @return whether the change saves anything, by the same estimator
bool saves(const Calculator& calculator, const Asked& asked, Change& change) {
  try {
    const Asked changed = calculator.ask(change.question);
    if (!changed.estimate() || changed.estimator != asked.estimator) return false;
    change.saved = asked.estimate()->total - changed.estimate()->total;
    return change.saved > Bytes{};
  } catch (const InputError&) {
    return false;  // the engine or the model does not allow it
  }
}

std::vector<LargeTerm> large_terms(const Estimate& estimate) {
  constexpr double large_share = 0.25;
  std::vector<LargeTerm> terms;
  for (std::size_t t = 0; t < term_count; ++t)
    terms.push_back({static_cast<Term>(t), static_cast<double>(estimate.terms[static_cast<Term>(t)].count()) /
                                               static_cast<double>(estimate.total.count())});
  std::stable_sort(terms.begin(), terms.end(),
                   [](const LargeTerm& a, const LargeTerm& b) { return a.share > b.share; });
  terms.resize(terms[1].share >= large_share ? 2 : 1);
  return terms;
}

struct Subject {
  std::string_view noun, verb;
};
constexpr std::array<Subject, term_count> subjects = {
    {{"weights", "are"},
     {"the KV cache", "is"},
     {"activations", "are"},
     {"logits", "are"},
     {"the workspace", "is"},
     {"what a process takes before its first tensor", "is"}}};

/// A line has room for a few.
void keep_the_best(std::vector<Change>& changes) {
  constexpr std::size_t most = 3;
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.saved > b.saved; });
  if (changes.size() > most) changes.erase(changes.begin() + most, changes.end());
}

}  // namespace

std::optional<Hint> hint_of(const Calculator& calculator, const Question& question, const Asked& asked) {
  const Estimate* estimate = asked.estimate();
  if (!estimate || is_composed(question.metric) || estimate->total <= Bytes{}) return std::nullopt;
  Hint hint{large_terms(*estimate), {}};
  for (const LargeTerm& large : hint.terms)
    for (Change& change : changes_for(large.term, question)) {
      const bool is_known = std::any_of(hint.changes.begin(), hint.changes.end(),
                                        [&](const Change& other) { return other.words == change.words; });
      if (!is_known && saves(calculator, asked, change)) hint.changes.push_back(std::move(change));
    }
  keep_the_best(hint.changes);
  return hint;
}

std::string hint_text(const Hint& hint) {
  std::string text;
  for (const LargeTerm& large : hint.terms) {
    const Subject& subject = subjects[index_of(large.term)];
    text += text.empty() ? fmt::format("{} {} {:.0f} % of it", subject.noun, subject.verb, 100 * large.share)
                         : fmt::format(", {} {:.0f} %", subject.noun, 100 * large.share);
  }
  for (std::size_t i = 0; i < hint.changes.size(); ++i) {
    const Change& change = hint.changes[i];
    text += i == 0 ? fmt::format(": {} would save {}", change.words, gib_text(change.saved))
                   : fmt::format(", {} {}", change.words, gib_text(change.saved));
  }
  return text;
}

}  // namespace calibram
