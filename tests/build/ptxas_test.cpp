// SPDX-License-Identifier: MIT
// What ptxas said of every kernel when it was compiled: no stack frame and no spills, on any architecture,
// and that there was something to compile.
//
// A stack frame is device memory that the driver takes for all threads of the card at once and never gives
// back, so one careless kernel would change what the program measures.
#include <gmock/gmock.h>

#include <cxxabi.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// What ptxas said of one function on one architecture.
struct KernelReport {
  std::string name, architecture;
  std::string memory;  ///< "0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"
  int registers = 0;
};

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text{
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), std::free};
  return status == 0 ? text.get() : name;
}

/// The logs that the build must have written, one for every .cu file.
std::vector<fs::path> logs() {
  std::vector<fs::path> paths;
  std::ifstream in{CALIBRAM_PTXAS_LOGS};
  for (std::string line; std::getline(in, line);) paths.emplace_back(line);
  return paths;
}

std::vector<KernelReport> read_log(const fs::path& file) {
  static const std::regex entry{R"(Compiling entry function '(\S+)' for '(\w+)')"};
  static const std::regex properties{R"(Function properties for (\S+))"};
  static const std::regex memory{R"(\d+ bytes stack frame.*)"};
  static const std::regex registers{R"(Used (\d+) registers)"};
  std::vector<KernelReport> reports;
  std::string name, architecture;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (std::regex_search(line, match, entry)) architecture = match[2];
    if (std::regex_search(line, match, properties)) name = match[1];
    if (std::regex_search(line, match, memory)) reports.push_back({name, architecture, match.str()});
    if (std::regex_search(line, match, registers) && !reports.empty())
      reports.back().registers = std::stoi(match[1]);
  }
  return reports;
}

std::set<std::string> architectures(const std::vector<KernelReport>& reports) {
  std::set<std::string> names;
  for (const KernelReport& report : reports) names.insert(report.architecture);
  return names;
}

TEST(Ptxas, HasALogOfEveryKernelFile) {
  ASSERT_FALSE(logs().empty());
  for (const fs::path& log : logs())
    EXPECT_FALSE(read_log(log).empty()) << log << " is missing or names no kernel; build calibram_cuda again";
}

TEST(Ptxas, CompilesEveryKernelForTheSameArchitectures) {
  std::set<std::string> all;
  for (const fs::path& log : logs()) all.merge(architectures(read_log(log)));
  std::map<std::string, std::set<std::string>> seen;
  for (const fs::path& log : logs())
    for (const KernelReport& report : read_log(log)) seen[report.name].insert(report.architecture);
  ASSERT_FALSE(seen.empty());
  for (const auto& [name, where] : seen) EXPECT_EQ(where, all) << demangled(name);
}

TEST(Ptxas, FindsNoStackFrameAndNoSpills) {
  for (const fs::path& log : logs())
    for (const KernelReport& report : read_log(log))
      EXPECT_EQ(report.memory, "0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads")
          << demangled(report.name) << " for " << report.architecture << ", in " << log;
}

// nvcc makes a trap of a kernel that refers to what is on the host alone, such as the address of a constant,
// and says nothing. It needs no registers; 4 are the fewest that ptxas reports.
TEST(Ptxas, FindsNoKernelThatIsATrapAlone) {
  for (const fs::path& log : logs())
    for (const KernelReport& report : read_log(log))
      EXPECT_GT(report.registers, 4) << demangled(report.name) << " for " << report.architecture << ", in "
                                     << log;
}

}  // namespace
