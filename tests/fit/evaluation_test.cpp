// SPDX-License-Identifier: MIT
// What the rows of a file share while they are evaluated.
#include "fit/evaluation.hpp"

#include "tests/support/config_texts.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::Each;
using testing::SizeIs;

/// Keeps the models that it is asked about, and knows nothing.
class Witness final : public Estimator {
 public:
  explicit Witness(std::vector<std::shared_ptr<const Model>>& seen) : seen_{seen} {}
  std::string_view name() const override { return "witness"; }
  Answer answer(const Question& question) const override {
    seen_.push_back(question.model);
    return Unanswered{"a witness does not estimate"};
  }

 private:
  std::vector<std::shared_ptr<const Model>>& seen_;
};

TEST(Evaluation, AModelIsLoadedOnceForAllItsRows) {
  const ScratchFolder folder;
  Measurement row;
  row.model = folder.write("config.json", config_text("llama")).string();
  row.value = 1;
  for (const auto& run : {+[](const std::vector<Measurement>&rows, Estimators estimators) {
                            return evaluate_leaving_out(LeftOut::model, rows, std::move(estimators));
                          },
                          +[](const std::vector<Measurement>&rows, Estimators estimators) {
                            return evaluate(rows, estimators);
                          }}) {
    std::vector<std::shared_ptr<const Model>> seen;
    Estimators estimators;
    estimators.push_back(std::make_unique<Witness>(seen));
    run({row, row, row}, std::move(estimators));
    ASSERT_THAT(seen, SizeIs(3));
    EXPECT_THAT(seen, Each(seen.front())) << "and not another one like it";
  }
}

}  // namespace
}  // namespace calibram
