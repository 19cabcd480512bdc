// SPDX-License-Identifier: MIT
// The buffer that ggml reserves for the results of a graph.
#pragma once

#include "src/engine/llama_cpp/graph/tensor_graph.hpp"

namespace calibram::llama_cpp {

/// The bytes that ggml's graph allocator reserves: tensors go to the smallest hole that is large enough, are
/// freed when their last reader ran, and operations that may overwrite a source of the same shape do so.
/// @param alignment  of the back end: every tensor takes a multiple of it
/// Source: github.com/ggml-org/llama.cpp ggml/src/ggml-alloc.c (ggml_gallocr_alloc_graph_impl)
Bytes reserved_bytes(const TensorGraph& graph, std::int64_t alignment);

/// The same for a graph whose inputs are all copied from another device before its first operation, in the
/// order of their first readers.
/// Source: ggml/src/ggml-backend.cpp (ggml_backend_sched_split_graph), one copy per input
Bytes reserved_bytes_after_copies(const TensorGraph& graph, std::int64_t alignment);

/// The inputs of a graph beside each other.
Bytes input_bytes(const TensorGraph& graph, std::int64_t alignment);

}  // namespace calibram::llama_cpp
