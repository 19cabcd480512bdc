// SPDX-License-Identifier: MIT
// The README tells the truth: its commands print what it shows, and its numbers come from committed data.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path root = CALIBRAM_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A fenced block "$ command" with what it printed.
struct Block {
  std::string command, output;
};

struct Readme {
  std::vector<Block> blocks;
  std::string prose;  ///< what stands outside the blocks
};

Readme readme() {
  Readme result;
  std::istringstream in{read(root / "README.md")};
  bool inside = false, is_console = false;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside;
      is_console = line == "```console";
    } else if (!inside) {
      result.prose += line + "\n";
    } else if (!is_console) {
      continue;  // shows commands alone
    } else if (line.rfind("$ ", 0) == 0) {
      result.blocks.push_back({line.substr(2), ""});
    } else if (!result.blocks.empty()) {
      result.blocks.back().output += line + "\n";
    }
  }
  return result;
}

/// The sweep of a host among the results, by the folder whose profile is one.
/// Of the device whose benchmarks the README links to.
fs::path sweep_folder() {
  const std::string text = read(root / "README.md");
  std::smatch match;
  if (!std::regex_search(text, match, std::regex{R"((results/[^)/]+)/micro_benchmarks\.csv)"})) return {};
  return root / match[1].str();
}

/// The newest sweep there: their names begin with the date.
std::string sweep_csv() {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(sweep_folder()))
    if (entry.path().extension() == ".csv" &&
        std::isdigit(static_cast<unsigned char>(entry.path().filename().string().front())) != 0)
      newest = std::max(newest, entry.path());
  return fs::relative(newest, root).string();
}

std::string standard_output(const std::string& arguments) {
  // Without a home there is no profile of this machine to answer instead of theory.
  const std::string command = "cd '" + root.string() + "' && HOME= XDG_DATA_HOME= '" CALIBRAM_PROGRAM "' " +
                              arguments + " 2>/dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  ::pclose(pipe);
  return output;
}

TEST(Readme, EveryCommandPrintsWhatItShows) {
  const std::vector<Block> blocks = readme().blocks;
  ASSERT_GE(blocks.size(), 4u);
  for (const Block& block : blocks) {
    // The main job's report is that of fitting the measurements which it made.
    const std::string arguments = block.command == "./dev calibrate"
                                      ? "fit " + sweep_csv()
                                      : block.command.substr(block.command.find(' ') + 1);
    EXPECT_EQ(standard_output(arguments), block.output) << block.command;
  }
}

TEST(Readme, OpensWithTheTwoCommands) {
  const std::string text = read(root / "README.md");
  ASSERT_NE(text.find("./dev calibrate"), std::string::npos);
  EXPECT_LT(text.find("./dev calibrate"), text.find("./dev test"));
  EXPECT_LT(text.find("./dev test"), text.find("## "));
}

/// The times of the benchmarks file, printed with one decimal as the README does, with their unit.
std::string benchmark_times() {
  std::string times;
  std::istringstream in{read(sweep_folder() / "micro_benchmarks.csv")};
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    // name,iterations,real_time,cpu_time,time_unit,...
    if (!std::regex_search(line, match, std::regex{R"(^"[^"]+",\d+,([\d.e+]+),[\d.e+]+,(ns|ms))"})) continue;
    const bool nanoseconds = match[2] == "ns";
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), " %.1f %s\n", std::stod(match[1]) / (nanoseconds ? 1000 : 1),
                  nanoseconds ? "µs" : "ms");
    times += text.data();
  }
  return times;
}

TEST(Readme, EveryFigureInTheProseStandsInAnOutputOrABenchmark) {
  const Readme text = readme();
  std::string evidence = benchmark_times() + read(sweep_folder() / "serve_load.txt");
  for (const Block& block : text.blocks) evidence += block.output;
  const std::regex figure{R"((\d+(?:\.\d+)?) (%|GiB|MiB|µs|ms)(?![a-z]))"};
  int figures = 0;
  for (std::sregex_iterator it{text.prose.begin(), text.prose.end(), figure}, end; it != end; ++it, ++figures)
    EXPECT_NE(evidence.find(" " + it->str()), std::string::npos) << it->str() << " is not in any output";
  EXPECT_GE(figures, 10);
}

}  // namespace
