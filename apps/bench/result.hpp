// What a benchmark is asked for, and what it found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sateen/device.hpp"
#include "sateen/flops.hpp"
#include "sateen/train.hpp"

namespace sateen::app {

enum class Mode { kTrain, kInfer };

inline const char* mode_name(Mode mode) {
  return mode == Mode::kTrain ? "train" : "infer";
}

constexpr int64_t kMaxBatch = 1'000'000;
constexpr int64_t kMaxImages = 1'000'000;

struct BenchSettings {
  Mode mode = Mode::kTrain;
  std::string model = "plain";  ///< one of network_names()
  int64_t batch_size = 64;
  uint32_t images = 0;   ///< of a pass; 0: enough for the kind of device
  uint64_t repeats = 5;  ///< in which passes are timed
  double seconds = 0.5;  ///< that a repeat takes at least
  bool turns = false;    ///< a repeat for each line on stdin, instead of `repeats`
  bool brief = false;    ///< neither times of operations nor the device's peak
};

struct BenchResult {
  BenchSettings settings;
  std::vector<std::string> options;  ///< of the device: "threads=1"
  DeviceInfo device;
  Description description;  ///< of the device, when all is done
  uint64_t parameters = 0;
  double open_seconds = 0;            ///< to find the device and open it
  double first_step_seconds = 0;      ///< from then on, to the end of the first step: data, graphs, kernels
  std::vector<double> runs;           ///< images a second, of each repeat
  std::vector<OperationFlops> flops;  ///< of one image
  uint64_t peak_rss_bytes = 0;        ///< of this process up to the last repeat
  uint64_t buffer_bytes = 0;
  uint64_t fallback_ops = 0;            ///< operations of a step that the device lacks
  std::optional<TrainProfile> profile;  ///< of a run of its own, which takes times
  std::optional<PeakRates> peak;

  double median() const;
  /// What the model's arithmetic comes to, at the median speed.
  double achieved_flops() const;
  /// A line of the device's description, or "".
  std::string described(const std::string& key) const;
};

/// Lines for people.
std::string as_text(const BenchResult& result);
/// One object of the schema sateen.bench/1.
std::string as_json(const BenchResult& result);

}  // namespace sateen::app
