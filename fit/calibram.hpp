// SPDX-License-Identifier: MIT
// calibram as a library: how much memory a language model needs, how far that is from measurements, and what
// a profile says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The whole of the public interface. It needs the standard library only and computes nothing that the
/// program `calibram` does not: the same words ask, the same estimators answer. All sizes are bytes, all
/// ratios fractions (0.01 is one percent). Models, profiles and answers are values: cheap to copy, never
/// changed, used from any thread. Every function here throws Failure, and std::bad_alloc, and nothing else.
namespace calibram::api {

/// "0.1.0": of the library that is linked.
std::string version();

/// Why there is no answer, in three parts; `what()` is all of them in one line, as the program prints it.
class Failure : public std::runtime_error {
 public:
  struct Parts {
    std::string problem{};  ///< what is wrong, and where: file:line, or the JSON path
    std::string reason{};   ///< may be empty
    std::string remedy{};   ///< what to do about it; may be empty
  };

  Failure(const std::string& line, Parts parts, bool is_input)
      : std::runtime_error{line},
        parts_{std::make_shared<const Parts>(std::move(parts))},
        is_input_{is_input} {}

  const std::string& problem() const noexcept { return parts_->problem; }
  const std::string& reason() const noexcept { return parts_->reason; }
  const std::string& remedy() const noexcept { return parts_->remedy; }
  /// Whether what was asked, or a file that was named, is at fault; else the machine is (a disk that fails).
  bool is_input() const noexcept { return is_input_; }

 private:
  std::shared_ptr<const Parts> parts_;
  bool is_input_;
};

/// A model that was understood, once, for any number of questions.
class Model {
 public:
  /// @param name  one of the catalogue ("qwen2-7b"; `calibram models` lists them); a config.json or its
  ///              folder; a .safetensors or .gguf file, of which the header is read; or a bare size ("70B"),
  ///              which only the rules of thumb can answer
  /// @throws Failure for an unknown name, with the nearest ones, and for files that cannot be understood
  explicit Model(const std::string& name);

  /// As it was asked for.
  const std::string& name() const;
  /// All of them, experts included.
  double parameters() const;
  /// False for a bare size.
  bool has_architecture() const;
  /// What had to be assumed about it, in words; often empty.
  const std::vector<std::string>& remarks() const;

 private:
  friend struct Inside;
  struct Loaded;
  std::shared_ptr<const Loaded> loaded_;
};

/// How a term of a fit came out, from the measured rows alone.
struct Coefficient {
  std::string term{};       ///< "weights", "kv_cache", "activation", "logits" or "workspace"
  double coefficient = 1;   ///< times what counting says; NaN where the rows do not determine it
  double std_error = 0;     ///< NaN likewise
  bool identified = false;  ///< known to 0.02, and not mixed up with another term
};

/// One fit of a profile: `measured = constant + sum of coefficient * term`.
struct ProfileFit {
  std::string runtime{};  ///< "vllm@0.19.0"
  std::string metric{};   ///< "rss"
  int devices = 1;
  int rows = 0;                           ///< measurements behind it
  std::int64_t constant_bytes = 0;        ///< that no term explains: the program itself, say
  std::int64_t constant_error_bytes = 0;  ///< standard error
  std::vector<Coefficient> terms{};
  std::int64_t sigma_bytes = 0;  ///< residual standard deviation
  /// Each model predicted from the others, relative to what was measured; absent with too few models.
  std::optional<double> mean_abs_error{}, max_abs_error{};
};

/// What `calibram calibrate` and `calibram fit` write: the fits of one device.
class Profile {
 public:
  /// @throws Failure for a file that cannot be read, naming the JSON path of what is wrong in it
  explicit Profile(const std::filesystem::path& file);

  /// "AMD EPYC", "H100 80GB".
  const std::string& device() const;
  /// "host" or "cuda".
  const std::string& device_kind() const;
  /// ISO 8601, UTC.
  const std::string& created() const;
  const std::vector<ProfileFit>& fits() const;

 private:
  friend struct Inside;
  struct Loaded;
  std::shared_ptr<const Loaded> loaded_;
};

/// What is asked of a model, in the words of the command line and of measurements. The defaults ask for one
/// token of one sequence, as the model is stored, on one device.
struct Question {
  std::string runtime = "calibram";  ///< "vllm@0.19.0", "llama.cpp@b7000"; `calibram runtimes` lists them
  std::string weights{};      ///< "bf16", "int8", "q4_k"; empty: as stored. `calibram formats` lists them
  std::string kv{};           ///< the same for the cache; empty: 16 bits, or 32 of a model in 32 bits
  std::int64_t batch = 1;     ///< sequences at once
  std::int64_t prompt = 1;    ///< tokens of each
  std::int64_t generate = 0;  ///< further tokens of each
  std::optional<std::int64_t> context{};         ///< tokens reserved for each; absent: prompt + generate
  std::map<std::string, std::string> options{};  ///< of the runtime: {"attention", "flash"}
  int devices = 1;                               ///< that share the model
  std::string split{};                           ///< how: "layers" or "tensor"; empty: layers
  std::string metric = "allocated";  ///< or "weights", "kv_cache", "reserved", "device", "rss", ...
  std::string device{};              ///< the card's name, where the runtime asks for it: "H100 80GB"
  /// "rule-1.2", "theory", ...; empty: calibrated where the profile applies, else theory
  std::string estimator{};
  std::optional<Profile> profile{};  ///< without one nothing is calibrated, and nothing has an interval
};

/// Where the answer lies, by the profile's errors.
struct Interval {
  std::int64_t low_bytes = 0, high_bytes = 0;  ///< with 95 %
  std::int64_t bound99_bytes = 0;              ///< at most this with 99 %: what has to fit
};

struct Share {
  std::int64_t bytes = 0;
  bool is_host = false;  ///< the host's part, of what the cards do not take
};

struct Estimate {
  std::string estimator{};  ///< who answered
  std::int64_t total_bytes = 0;
  std::optional<std::int64_t> tokens{};  ///< the answer where the metric counts tokens
  /// The total's parts in bytes, all six by name: weights, kv_cache, activation, logits, workspace, constant.
  std::map<std::string, std::int64_t> terms{};
  std::vector<Share> devices{};        ///< sums to the total
  std::optional<Interval> interval{};  ///< absent without an error model
  bool extrapolates = false;           ///< outside of what the sweep behind the profile measured
  std::string caution{};               ///< why the figures deserve doubt; mostly empty
};

/// @throws Failure where no estimator can answer, with the reason
Estimate estimate(const Model& model, const Question& question = {});

/// The errors of one estimator over the rows of one runtime, metric and kind of placement, relative to what
/// was measured; absent where it answered no row.
struct ErrorSummary {
  std::string estimator{}, runtime{}, metric{};
  std::string devices{};              ///< "1", or "2+": sums over several cards
  std::size_t rows = 0, skipped = 0;  ///< answered, and not
  std::optional<double> mean_abs{}, median_abs{}, max_abs{}, mean_signed{};
  std::optional<double> under{};  ///< share of the rows that were estimated below the measurement
};

/// Rows that were not answered, and why.
struct Skipped {
  std::string reason{}, estimator{};
  std::size_t rows = 0;
};

struct Evaluation {
  std::vector<ErrorSummary> summaries{};
  std::vector<Skipped> skipped{};
  std::size_t rows_without_value = 0;  ///< that could not be held against anything
};

/// What `calibrated` is fitted to anew, so that it never predicts what it has seen.
enum class LeaveOut : unsigned char { nothing, model, batch };

/// Holds measurements against the four rules of thumb, theory, and `calibrated`: by the profile where one is
/// given, or fitted to the rows of all other models, or batch sizes.
/// @param files  measurements as CSV; `calibram measure`, `watch` and `import` write them
/// @throws Failure for a malformed row (file:line), where no row has a value, and for a profile beside
/// leave_out
Evaluation evaluate(const std::vector<std::filesystem::path>& files,
                    const std::optional<Profile>& profile = {}, LeaveOut leave_out = LeaveOut::nothing);

}  // namespace calibram::api
