// SPDX-License-Identifier: MIT
// The catalogue's rows by publisher. Sources: the publishers' config.json files on huggingface.co.
#pragma once

#include "src/model/catalogue.hpp"

#include <span>

namespace calibram {

std::span<const CatalogueEntry> qwen_models();
std::span<const CatalogueEntry> meta_models();
std::span<const CatalogueEntry> google_models();
std::span<const CatalogueEntry> ibm_models();
std::span<const CatalogueEntry> deepseek_models();
std::span<const CatalogueEntry> mistral_models();
std::span<const CatalogueEntry> others_models();
std::span<const CatalogueEntry> probe_models();

}  // namespace calibram
