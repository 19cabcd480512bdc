// SPDX-License-Identifier: MIT
// calibram fit over the files of many machines, as a person merges a fleet.
#include "src/engine/measurement.hpp"
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The committed sweep of a host as another machine has it.
void write_sweep(const Program& program, const std::string& machine, const std::string& device = "AMD EPYC",
                 std::int64_t more_bytes = 0) {
  std::string csv = csv_header() + "\n";
  for (Measurement row :
       read_measurements(std::string{CALIBRAM_SOURCE_DIR} + "/results/amd-epyc/2026-11-21.csv")) {
    row.machine = machine;
    row.device = device;
    row.versions = {{"kernel", "Linux 6.18"}};
    // A page here, two there: no two machines are alike.
    if (row.metric == Metric::rss) *row.value += more_bytes + 4096 * ((row.line * (machine.back() % 7)) % 5);
    csv += csv_row(row) + "\n";
  }
  program.folder().write(machine + ".csv", csv);
}

TEST(FitVerb, AMachineUnlikeTheOthersIsNamedAndLeftOut) {
  const Program program;
  std::vector<std::string> arguments = {"fit", "-o", "profile.json"};
  for (const char* machine : {"node1", "node2", "node3", "node4", "node5"}) {
    write_sweep(program, machine, "AMD EPYC", machine == std::string{"node4"} ? 64 << 20 : 0);
    arguments.push_back(machine + std::string{".csv"});
  }
  const Outcome outcome = program.run(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("left out 282 rows: 'node4' is unlike the other machines"));
  EXPECT_THAT(outcome.out, HasSubstr("calibram allocated: 5 machines agree to the byte"));
  EXPECT_THAT(outcome.out, HasSubstr("node4               129       +64.00 MiB"));
  EXPECT_THAT(outcome.out, HasSubstr("spread of 4 machines"));
  EXPECT_THAT(outcome.out, HasSubstr("from 564 rows"));
  const auto profile = nlohmann::json::parse(program.folder().read("profile.json"));
  EXPECT_EQ(profile["fits"][1]["machines"]["count"], 4);
  EXPECT_EQ(profile["device"]["driver"], "Linux 6.18");
  arguments.push_back("--keep-outliers");
  EXPECT_THAT(program.run(arguments).out, HasSubstr("from 705 rows"));
}

TEST(FitVerb, EachKindOfDeviceHasAProfileInItsFolder) {
  const Program program;
  write_sweep(program, "node1");
  write_sweep(program, "node2", "Intel(R) Xeon(R)");
  const Outcome outcome = program.run({"fit", "node1.csv", "node2.csv", "--out", "profiles"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("== AMD EPYC =="));
  EXPECT_THAT(outcome.out, HasSubstr("== Intel(R) Xeon(R) =="));
  for (const char* folder : {"amd-epyc", "intel-r-xeon-r"})
    EXPECT_EQ(nlohmann::json::parse(
                  program.folder().read(std::string{"profiles/"} + folder + "/profile.json"))["schema"],
              1);
  const auto both = nlohmann::json::parse(program.run({"fit", "node1.csv", "node2.csv", "--json"}).out);
  EXPECT_EQ(both["profiles"].size(), 2u);
}

TEST(FitVerb, TwoDevicesDoNotGoIntoOneFile) {
  const Program program;
  write_sweep(program, "node1");
  write_sweep(program, "node2", "another");
  const Outcome outcome = program.run({"fit", "node1.csv", "node2.csv", "-o", "profile.json"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("cannot write the profiles of 2 devices into one file (node1.csv:2 is of "
                        "'AMD EPYC', node2.csv:2 of 'another'); name a folder with --out instead"));
  EXPECT_EQ(program.run({"fit", "node1.csv", "-o", "a.json", "--out", "b"}).status, 2);
}

TEST(FitVerb, ADeviceThatCannotBeFittedDoesNotCostTheOthers) {
  const Program program;
  write_sweep(program, "node1");
  program.folder().write(
      "bad.csv",
      "model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,"
      "value,resolution,device,source\nunknown-model,,,,1,8,,,,,,rss,5,,broken,\n");
  const Outcome outcome = program.run({"fit", "node1.csv", "bad.csv", "--out", "profiles"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("not fitted: 'broken': "));
}

}  // namespace
}  // namespace calibram
