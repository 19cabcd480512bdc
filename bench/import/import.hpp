// SPDX-License-Identifier: MIT
// From a log or a dump of an engine to measurement rows.
#pragma once

#include "bench/import/reading.hpp"

#include <array>
#include <string>
#include <string_view>

namespace calibram {

enum class LogKind : unsigned char { vllm, llama_cpp, torch };
inline constexpr std::array<std::string_view, 3> log_kind_names = {"vllm", "llama.cpp", "torch"};

/// @throws InputError for an unknown name, with the known ones
LogKind log_kind_named(std::string_view name);

/// The rows of one file. @param file  "-" is standard input
/// @throws InputError when nothing in it can be used: why, and what the file looks like
Imported import_file(LogKind kind, const std::string& file, const Supplied& supplied);

/// The same for bytes in memory; `name` stands for the file.
Imported import_text(LogKind kind, std::string_view bytes, const std::string& name, const Supplied& supplied);

}  // namespace calibram
