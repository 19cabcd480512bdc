// SPDX-License-Identifier: MIT
// Why a rule of thumb says something else than what was counted: the table of all reasons.
#pragma once

#include "src/core/bytes.hpp"
#include "src/engine/term.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace calibram {

/// A kind of reason. In its text {names} stand for the reason's values: `rule` and `ours` are the bytes that
/// the rule and the answer have for this, the other ones are named by what they are.
struct ReasonKind {
  std::string_view code;  ///< a stable word, for programs and translations
  std::string_view rules;
  std::string_view when;
  std::string_view text;
};

inline constexpr std::array reason_kinds = {
    // Weights.
    ReasonKind{"weights_as_gib", "rule-per-token", "but for 72B in 16 bits",
               "it takes 10⁹ parameters of one byte for one GiB, which is 7.4 % more than they are"},
    ReasonKind{"weights_published", "rule-per-token", "72B in 16 bits",
               "for 72B in 16 bits it takes the {rule} that were published for one token on two cards, not "
               "{parameters} parameters of 2 bytes, which are {ours}"},
    ReasonKind{"weights_of_files", "rule-per-token", "weights as a model's files store them",
               "it takes {bits} bits for each parameter, where the model's files hold {ours} of weights"},
    ReasonKind{"weights_left_wide", "all four", "a format that leaves some weights alone",
               "it counts every parameter in {bits} bits, where {format} leaves {left} parameters in "
               "{left_bits} bits (norms, and often embedding and head)"},
    ReasonKind{"weights_scales", "all four", "a format with scales or zero points, or that pads",
               "it counts no scales, zero points and padding of {format}, which take {ours}"},
    ReasonKind{
        "weights_held", "all four", "theory; the runtime holds other bytes than the format has",
        "the runtime holds {ours} of weights, where the format alone has {rule} (blocks, pages, padding, "
        "copies)"},
    ReasonKind{"weights_measured", "all four", "a profile",
               "the profile puts the weights at {ours}, where their format has {rule}"},
    // The cache, of rule-kv and rule-terms.
    ReasonKind{"cache_one_sequence", "rule-kv", "more than one sequence",
               "it counts the cache of one sequence, not of {batch}"},
    ReasonKind{"cache_by_parameters", "rule-kv", "every layer keeps keys and values of all heads",
               "it scales the cache with the parameters (1.5 GB for 7B and 4000 tokens), which gives {rule}; "
               "layers and heads decide it, and give {ours} in 16 bits"},
    ReasonKind{"cache_by_parameters_grouped", "rule-kv", "fewer KV heads than heads",
               "it scales the cache with the parameters (1.5 GB for 7B and 4000 tokens), which gives {rule}; "
               "this model keeps one KV head for {factor} heads, which gives {ours} in 16 bits"},
    ReasonKind{"cache_by_parameters_experts", "rule-kv", "a mixture of experts",
               "it scales the cache with all parameters (1.5 GB for 7B and 4000 tokens), which gives {rule}; "
               "experts keep no cache, and the attention of this model gives {ours} in 16 bits"},
    ReasonKind{"cache_by_parameters_latent", "rule-kv", "latent attention",
               "it scales the cache with the parameters (1.5 GB for 7B and 4000 tokens), which gives {rule}; "
               "latent attention needs one vector for all heads, which gives {ours} in 16 bits"},
    ReasonKind{"cache_by_parameters_hybrid", "rule-kv", "layers without a cache of their own",
               "it scales the cache with the parameters (1.5 GB for 7B and 4000 tokens), which gives {rule}; "
               "only {layers} of {all_layers} layers keep keys and values, which gives {ours} in 16 bits"},
    ReasonKind{"cache_all_heads", "rule-terms", "fewer KV heads than heads",
               "it counts all heads, {factor} for each KV head that the model keeps"},
    ReasonKind{"cache_shared", "rule-terms", "layers that read the cache of earlier ones",
               "it counts a cache for each of {layers} layers that read the cache of an earlier one"},
    ReasonKind{"cache_value_size", "rule-terms", "values shorter or longer than keys",
               "it takes values to be as long as keys, which they are not in this model"},
    ReasonKind{"cache_latent_missed", "rule-terms", "latent attention",
               "it counts keys and values of heads, and misses the vectors of latent attention, {ours}"},
    ReasonKind{
        "cache_windows", "rule-kv, rule-terms", "the runtime keeps windows, and the context is longer",
        "it lets every token stay in every layer, where {layers} of {all_layers} layers keep only their "
        "window"},
    ReasonKind{"cache_format", "rule-kv", "a cache in another format than 16 bits",
               "it takes the cache in 16 bits, {rule}, which is {ours} in {format}"},
    ReasonKind{"cache_scales", "rule-terms", "a cache format with scales",
               "it counts no scales of the {format} cache, {ours}"},
    ReasonKind{"cache_states", "rule-kv, rule-terms", "state spaces or linear attention",
               "it misses the states that {layers} of {all_layers} layers keep for each sequence, {ours}"},
    ReasonKind{"cache_held", "rule-kv, rule-terms", "theory; the cache at the peak is not that of all tokens",
               "at its peak the runtime holds {ours} of cache, where what it keeps of all tokens is {rule}"},
    ReasonKind{"cache_measured", "rule-kv, rule-terms", "a profile",
               "the profile puts the cache at {ours}, where what is kept of all tokens is {rule}"},
    // What a token takes by the Qwen2 table.
    ReasonKind{"tokens_last_logits", "rule-per-token", "below 72B; the runtime does not keep all logits",
               "its 0.92 MiB a token was measured on Qwen2-7B in transformers 4.38, and is nearly all logits "
               "of every prompt token in 16 bits and FP32, {rule}; this runtime does not keep them all, and "
               "holds {ours} of logits at its peak"},
    ReasonKind{
        "tokens_vocabulary", "rule-per-token", "below 72B; the runtime keeps all logits",
        "its 0.92 MiB a token holds the logits of Qwen2-7B's vocabulary of 152064 in 16 bits and FP32, "
        "{rule}; with this vocabulary of {vocabulary} they are {ours} at the peak"},
    ReasonKind{"tokens_more_logits", "rule-per-token", "below 72B; more logits than those of the prompt",
               "its 0.92 MiB a token holds the logits of the prompt, {rule}; with this vocabulary of "
               "{vocabulary} the runtime provides for {ours}"},
    ReasonKind{"tokens_cache", "rule-per-token", "below 72B",
               "the rest of its 0.92 MiB a token, {rule}, is about the 16-bit cache of Qwen2-7B; here cache, "
               "activations and workspace take {ours}"},
    ReasonKind{"tokens_sum_of_cards", "rule-per-token", "from 72B on",
               "from 72B on its 2.51 MiB a token is a sum of the peaks of three cards, {rule}; here cache, "
               "activations, logits and workspace take {ours}"},
    // All the rest.
    ReasonKind{"rest_share", "rule-1.2", "always",
               "it takes 20 % of the weights, {rule}, for all else, whatever the tokens and sequences; here "
               "cache, activations, logits and workspace take {ours}"},
    ReasonKind{
        "rest_fixed", "rule-kv", "always",
        "it takes 1.5 GB for all else, whatever the tokens and sequences; here activations, logits and "
        "workspace take {ours}"},
    ReasonKind{
        "rest_unmeasured", "rule-terms", "always",
        "it adds 15 % of the weights, {rule}, which is assumed, not measured; here logits and workspace "
        "take {ours}"},
    ReasonKind{"activation_all_layers", "rule-terms", "a pass over the prompt; less activations",
               "it keeps a hidden state of every token in all {layers} layers, {rule}, which are freed layer "
               "by layer; here activations are {ours} at the peak"},
    ReasonKind{"activation_in_a_layer", "rule-terms", "a pass over the prompt; more activations",
               "it keeps a hidden state of every token in all {layers} layers, {rule}, and misses what "
               "attention and MLP hold within one; here activations are {ours} at the peak"},
    ReasonKind{"activation_of_step", "rule-terms", "vLLM and llama.cpp",
               "it keeps a hidden state of every token in all {layers} layers, {rule}; this runtime sends at "
               "most {tokens} tokens through at once, layer by layer, and holds {ours} of activations"},
    ReasonKind{
        "constant_measured", "all four", "a profile",
        "it has nothing for what a process takes beside its tensors, which the profile puts at {ours}"},
};

/// What a {name} of the text stands for.
using ReasonValue = std::variant<Bytes, std::int64_t, double, std::string>;

struct Reason {
  std::string_view code;
  std::optional<Term> term;  ///< nothing where the rule has one number for several terms
  Bytes difference;          ///< what the rule has more than the answer
  std::vector<std::pair<std::string_view, ReasonValue>> values;
};

/// Null for an unknown code.
const ReasonKind* find_reason_kind(std::string_view code);

/// The sentence, with its values put in.
std::string reason_text(const Reason& reason);

}  // namespace calibram
