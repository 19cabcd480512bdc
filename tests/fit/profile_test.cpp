// SPDX-License-Identifier: MIT
// Profiles come back as they were written, and broken ones are refused by JSON path.
#include "fit/profile.hpp"

#include "fit/prediction.hpp"
#include "src/core/error.hpp"
#include "tests/fit/sweeps.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <functional>

namespace calibram {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Profile example() {
  Truth truth;
  truth.row_deviations = 1;
  Profile profile;
  profile.device = {"A host", "host", 25'000'000'000, "6.1"};
  profile.created = "2024-06-07T12:00:00Z";
  profile.commit = "abc1234";
  profile.versions = {{"eigen", "3.4.0"}};
  profile.fits.push_back({"calibram", Metric::rss, "VmHWM", calibrate(sweep(4, truth), sweep_noise)});
  profile.fits.push_back({"calibram", Metric::allocated, "", calibrate(sweep(5, truth), sweep_noise)});
  return profile;
}

/// The error of reading the example after a change to its JSON.
std::string error_after(const std::function<void(json&)>& change) {
  json document = json::parse(profile_text(example()));
  change(document);
  try {
    parse_profile(document.dump(), "p.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Profile, ComesBackAsItWasWritten) {
  const Profile written = example();
  const Profile read = parse_profile(profile_text(written), "p.json");
  EXPECT_EQ(profile_text(read), profile_text(written));
  EXPECT_EQ(read.file, "p.json");
  EXPECT_EQ(read.device.total_bytes, 25'000'000'000);
  const ProfileFit* fit = read.find("calibram", Metric::rss);
  ASSERT_NE(fit, nullptr);
  EXPECT_EQ(fit->fit.hull, written.fits[0].fit.hull);
  EXPECT_EQ(fit->fit.models, written.fits[0].fit.models);
  EXPECT_TRUE(std::isnan(fit->fit.terms[index_of(Term::workspace)].coefficient));
  EXPECT_EQ(read.find("calibram", Metric::device), nullptr);
  EXPECT_EQ(read.find("vllm@0.19.0", Metric::rss), nullptr);
}

TEST(Profile, NamesEachVersionOnceHoweverOftenItIsKept) {
  Profile profile = example();
  EXPECT_EQ(versions_of(profile), (Versions{{"commit", "abc1234"}, {"eigen", "3.4.0"}, {"kernel", "6.1"}}));
  profile.device.kind = "cuda";
  profile.versions = {{"commit", "of the rows"}, {"driver", "580.65"}};
  EXPECT_EQ(versions_of(profile), (Versions{{"commit", "of the rows"}, {"driver", "580.65"}}));
  profile.device.driver = profile.commit = "";
  profile.versions.clear();
  EXPECT_EQ(versions_of(profile), Versions{});
}

TEST(Profile, PredictsTheSameAfterBeingRead) {
  const Profile written = example();
  const Profile read = parse_profile(profile_text(written), "p.json");
  const TermBytes terms = row_of(6, 8192, 2).terms;
  const Prediction before = predict(written.fits[0].fit, terms), after = predict(read.fits[0].fit, terms);
  EXPECT_EQ(before.total, after.total);
  EXPECT_EQ(before.interval->low, after.interval->low);
  EXPECT_EQ(before.interval->bound99, after.interval->bound99);
}

TEST(Profile, HasTheDocumentedKeys) {
  const json document = json::parse(profile_text(example()));
  EXPECT_EQ(document.at("schema"), 1);
  const json& fit = document.at("fits").at(0);
  for (const char* key :
       {"runtime", "metric", "rows", "sigma_bytes", "sigma_relative", "r2", "condition_number"})
    EXPECT_TRUE(fit.contains(key)) << key;
  EXPECT_TRUE(fit.at("constant_bytes").at("value").is_number_integer());
  for (const char* key : {"coefficient", "std_error", "p_equals_one", "identified"})
    EXPECT_TRUE(fit.at("terms").at("weights").contains(key)) << key;
  for (const char* key : {"mean_abs", "max_abs", "mean_signed"})
    EXPECT_TRUE(fit.at("leave_one_model_out").at(key).is_number()) << key;
}

TEST(Profile, AnotherSchemaIsRefusedFirst) {
  try {
    parse_profile(R"({"schema": 7})", "p.json");
    FAIL() << "schema 7 was read";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("p.json: profile schema 7 is not known (this program reads 1); "));
  }
}

TEST(Profile, NamesWhatIsMissingOrWrong) {
  EXPECT_THAT(error_after([](json& p) { p.erase("device"); }), HasSubstr("$.device"));
  EXPECT_THAT(error_after([](json& p) { p["device"]["kind"] = "tpu"; }), HasSubstr("$.device.kind"));
  EXPECT_THAT(error_after([](json& p) { p["fits"][1]["metric"] = "ram"; }), HasSubstr("$.fits[1].metric"));
  EXPECT_THAT(error_after([](json& p) { p["fits"][0]["terms"].erase("logits"); }),
              HasSubstr("$.fits[0].terms.logits"));
  EXPECT_THAT(error_after([](json& p) { p["fits"][0]["terms"]["logits"].erase("coefficient"); }),
              HasSubstr("$.fits[0].terms.logits.coefficient"));
  EXPECT_THAT(error_after([](json& p) { p["fits"][0]["sigma_bytes"] = -1; }),
              HasSubstr("$.fits[0].sigma_bytes"));
  EXPECT_THAT(error_after([](json& p) { p["fits"][0]["hull"]["batch"] = {4, 1}; }), HasSubstr("hull.batch"));
  EXPECT_THAT(error_after([](json& p) { p["fits"][0]["models"] = json::array(); }),
              HasSubstr("$.fits[0].models"));
  EXPECT_THAT(error_after([](json& p) { p["fits"].push_back(p["fits"][0]); }), HasSubstr("$.fits[2]"));
}

TEST(Profile, ACovarianceMustBeOne) {
  const auto broken = [](const std::function<void(json&)>& change) {
    return error_after([&](json& p) { change(p["fits"][0]["prediction"]["covariance"]); });
  };
  EXPECT_THAT(broken([](json& c) { c.erase(5); }), HasSubstr("prediction.covariance"));
  EXPECT_THAT(broken([](json& c) { c[2].erase(0); }), HasSubstr("prediction.covariance"));
  EXPECT_THAT(broken([](json& c) { c[2][2] = -1; }), HasSubstr("negative"));
  EXPECT_THAT(broken([](json& c) { c[2][1] = 1e30; }), HasSubstr("must be a covariance"));
  EXPECT_THAT(broken([](json& c) { c[0][0] = nullptr; }), HasSubstr("covariance[0][0]"));
}

TEST(Profile, ATruncatedFileIsRefused) {
  const std::string text = profile_text(example());
  EXPECT_THROW(parse_profile(text.substr(0, text.size() / 2), "p.json"), InputError);
}

TEST(Profile, FilesAreWrittenAndRead) {
  const auto file = std::filesystem::path{testing::TempDir()} / "calibram_profile_test.json";
  write_profile(file, example());
  EXPECT_EQ(read_profile(file).fits.size(), 2u);
  std::filesystem::remove(file);
  EXPECT_THROW(read_profile(file), InputError);
}

}  // namespace
}  // namespace calibram
