// SPDX-License-Identifier: MIT
// The table of cards is sane, and a card is found however its name is written.
#include "src/core/error.hpp"
#include "src/core/words.hpp"
#include "src/engine/gpu.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace calibram {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string gpu_error(std::string_view name) {
  try {
    return "is " + std::string{gpu_named(name).name};
  } catch (const InputError& error) {
    return error.what();
  }
}

std::int64_t cards_known(Knowledge knowledge) {
  return std::count_if(gpus().begin(), gpus().end(),
                       [&](const Gpu& gpu) { return gpu.knowledge() == knowledge; });
}

TEST(Gpus, SixtyCardsAtLeastAreMeasuredAndFewAreOnlyNominal) {
  EXPECT_GE(cards_known(Knowledge::usable), 60);
  EXPECT_LT(cards_known(Knowledge::nominal), std::ssize(gpus()) / 10);
}

/// What is not known is compared with nothing.
Bytes size_or(const std::optional<PrintedMemory>& figure, Bytes otherwise) {
  return figure ? figure->size : otherwise;
}

TEST(Gpus, AProcessGetsLessThanTheDriverCountsAndThatNoMoreThanTheNameSays) {
  for (const Gpu& gpu : gpus()) {
    const Bytes nominal{std::int64_t{gpu.nominal_gb} << 30};
    EXPECT_LE(gpu.capacity(), size_or(gpu.total, nominal)) << gpu.name;
    EXPECT_LE(size_or(gpu.total, nominal), nominal) << gpu.name;
  }
}

TEST(Gpus, LittleIsKeptFromAProcess) {
  for (const Gpu& gpu : gpus()) {
    // Unified memory is the host's as well; a card loses a sixteenth to ECC, and some to the driver.
    const std::int64_t least_percent = gpu.kind == GpuClass::unified ? 65 : 90;
    const std::int64_t nominal = std::int64_t{gpu.nominal_gb} << 30;
    EXPECT_GE(gpu.capacity().count(), nominal / 100 * least_percent) << gpu.name;
    EXPECT_GE(gpu.capacity().count(), size_or(gpu.total, gpu.capacity()).count() / 100 * 96) << gpu.name;
  }
}

TEST(Gpus, EveryFigureHasASourceAndTheResolutionOfItsPrint) {
  for (const Gpu& gpu : gpus())
    for (const auto& figure : {gpu.usable, gpu.total}) {
      if (!figure) continue;
      EXPECT_TRUE(figure->source.find('"') != figure->source.npos ||
                  figure->source.find("github.com/") != figure->source.npos)
          << gpu.name;
      EXPECT_GE(figure->resolution.count(), 1) << gpu.name;
      EXPECT_LE(figure->resolution.count(), 1 << 24) << gpu.name;
    }
}

TEST(Gpus, ACardIsFoundByEachOfItsNamesAndNoNameStandsForTwo) {
  std::set<std::string_view> names;
  for (const Gpu& gpu : gpus()) {
    EXPECT_TRUE(names.insert(gpu.name).second) << gpu.name;
    EXPECT_EQ(gpu_error(gpu.name), "is " + std::string{gpu.name});
    for (const std::string_view alias : split(gpu.aliases, ','))
      EXPECT_EQ(gpu_error(alias), "is " + std::string{gpu.name}) << alias;
  }
}

TEST(Gpus, ANameMayBeWrittenAnyWay) {
  for (const char* name : {"4090", "rtx4090", "RTX 4090", "rtx-4090", "NVIDIA GeForce RTX 4090"})
    EXPECT_EQ(gpu_error(name), "is RTX 4090");
  for (const char* name : {"a100-80g", "A100 80GB", "NVIDIA A100-SXM4-80GB"})
    EXPECT_EQ(gpu_error(name), "is A100 SXM 80GB");
  for (const char* name : {"h100", "H100-SXM5-80GB", "NVIDIA H100 80GB HBM3"})
    EXPECT_EQ(gpu_error(name), "is H100 SXM 80GB");
  EXPECT_EQ(gpu_error("NVIDIA A100 80GB PCIe"), "is A100 PCIe 80GB");
  EXPECT_EQ(gpu_error("NVIDIA GeForce RTX 4060 Laptop GPU"), "is RTX 4060 Laptop");
  EXPECT_EQ(gpu_error("NVIDIA RTX 6000 Ada Generation"), "is RTX 6000 Ada");
  EXPECT_EQ(gpu_error("NVIDIA RTX PRO 6000 Blackwell Server Edition"), "is RTX PRO 6000");
  EXPECT_EQ(gpu_error("AMD Radeon RX 7900 XTX"), "is RX 7900 XTX");
  EXPECT_EQ(gpu_error("mi300x"), "is MI300X");
}

TEST(Gpus, ALongerNameIsAnotherCard) {
  EXPECT_EQ(gpu_error("4070 ti"), "is RTX 4070 Ti");
  EXPECT_EQ(gpu_error("4070 ti super"), "is RTX 4070 Ti SUPER");
  EXPECT_EQ(gpu_error("A10"), "is A10");
  EXPECT_EQ(gpu_error("A10G"), "is A10G");
  EXPECT_EQ(gpu_error("L40"), "is L40");
  EXPECT_EQ(gpu_error("H20"), "is H20");
}

TEST(Gpus, AnAmbiguousNameListsWhatItMayMean) {
  EXPECT_EQ(gpu_error("4060 ti"),
            "card '4060 ti' is ambiguous (it may be RTX 4060 Ti 8GB, RTX 4060 Ti 16GB); write one of these "
            "names, or run `calibram gpus` for the list");
  EXPECT_THAT(gpu_error("A100"), AllOf(HasSubstr("ambiguous"), HasSubstr("A100 PCIe 40GB, A100 SXM 40GB")));
  EXPECT_THAT(gpu_error("rtx 6000"), HasSubstr("Quadro RTX 6000, RTX A6000, RTX 6000 Ada, RTX PRO 6000"));
  EXPECT_THAT(gpu_error("80GB"), HasSubstr("ambiguous"));
}

TEST(Gpus, AnUnknownNameIsToldItsNeighbours) {
  EXPECT_THAT(gpu_error("RTX 4099"), StartsWith("unknown card 'RTX 4099' (did you mean 'RTX 4090'"));
  EXPECT_THAT(gpu_error("4099"), StartsWith("unknown card '4099' (did you mean '4090'"));
  for (const char* name : {"", "NVIDIA", "toaster", "A10000", "RTX 4090 Super Duper"})
    EXPECT_THAT(gpu_error(name), StartsWith("unknown card")) << name;
}

TEST(Gpus, TheBestKnownFigureIsTheCapacity) {
  EXPECT_EQ(gpu_named("RTX 5090").capacity().count(), 33680457728);  // deviceQuery, NVIDIA/nccl issue 1637
  EXPECT_EQ(gpu_named("L40").capacity().count(), std::int64_t{46068} << 20);
  EXPECT_EQ(gpu_named("L40").knowledge(), Knowledge::total);
  EXPECT_EQ(gpu_named("MI100").capacity().count(), std::int64_t{32} << 30);
  EXPECT_EQ(gpu_named("MI100").knowledge(), Knowledge::nominal);
}

TEST(Gpus, AFilterTakesWordsOfTheNameTheVendorOrTheClass) {
  const Gpu& laptop = gpu_named("RTX 4060 Laptop");
  for (const char* filter : {"", "laptop", "nvidia", "4060", "rtx4060", "LAPTOP 4060"})
    EXPECT_TRUE(matches(laptop, filter)) << filter;
  for (const char* filter : {"amd", "4070", "data centre"}) EXPECT_FALSE(matches(laptop, filter)) << filter;
}

}  // namespace
}  // namespace calibram
