// SPDX-License-Identifier: MIT
// Prints how much memory a model needs, term by term: an example of the library.
#include <calibram.hpp>

#include <iostream>
#include <string>

namespace api = calibram::api;

int main(int argc, char** argv) try {
  const std::string name = argc > 1 ? argv[1] : "qwen2-7b";
  const api::Model model{name};
  const api::Estimate estimate = api::estimate(model, {.runtime = "transformers@4.46.0", .prompt = 4096});
  for (const auto& [term, bytes] : estimate.terms) std::cout << term << " " << bytes << "\n";
  std::cout << "total " << estimate.total_bytes << "\n";
} catch (const api::Failure& problem) {
  std::cerr << "consumer: " << problem.what() << "\n";
  return 1;
}
