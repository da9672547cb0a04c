// A result for people.
#include <algorithm>
#include <cmath>

#include "bench/result.hpp"
#include "common/numbers.hpp"
#include "common/profile_table.hpp"

namespace sateen::app {
namespace {

std::string mebibytes(uint64_t bytes) {
  return grouped((bytes + (uint64_t{1} << 19)) >> 20) + " MiB";
}

std::string whole(double value) {
  return grouped(static_cast<uint64_t>(std::llround(value)));
}

std::string speed(const BenchResult& result) {
  const auto [least, most] = std::minmax_element(result.runs.begin(), result.runs.end());
  const double median = result.median();
  const uint64_t images = result.settings.images;
  const auto batch = static_cast<uint64_t>(result.settings.batch_size);
  const uint64_t batches = (images + batch - 1) / batch;  // of a pass, of which the last may be smaller
  return whole(median) + " images/s, the median of " + std::to_string(result.runs.size()) + " (" + whole(*least) +
         " to " + whole(*most) + "); " +
         fixed(1e3 * static_cast<double>(images) / static_cast<double>(batches) / median, 3) + " ms a batch";
}

std::string start(const BenchResult& result) {
  return fixed(result.open_seconds, 2) + " s to the device, " + fixed(result.first_step_seconds, 2) +
         " s to the first step";
}

std::string arithmetic(const BenchResult& result) {
  const double achieved = result.achieved_flops();
  std::string line = fixed(achieved / 1e9, 1) + " GFLOP/s";
  if (result.peak) {
    line += ", " + fixed(100 * achieved / result.peak->flops, 1) + " % of the device's peak";
  }
  return line;
}

}  // namespace

std::string as_text(const BenchResult& result) {
  const BenchSettings& settings = result.settings;
  std::string text = "model     " + settings.model + ", " + grouped(result.parameters) + " parameters, batch size " +
                     std::to_string(settings.batch_size) + ", " + grouped(settings.images) + " images a pass\n";
  text += "start     " + start(result) + "\n";
  const std::string built = result.described("programs_built");
  if (!built.empty()) text += "programs  " + built + " built, " + result.described("programs_loaded") + " loaded\n";
  if (result.fallback_ops > 0) text += "fallback  " + result.described("fallback") + "\n";
  if (!result.runs.empty()) {
    text += std::string(mode_name(settings.mode)) + "     " + speed(result) + "\n";
    text += "compute   " + arithmetic(result) + "\n";
  }
  if (result.peak) {
    text += "peak      " + fixed(result.peak->flops / 1e9, 1) + " GFLOP/s, memory copies " +
            fixed(result.peak->bytes_per_second / 1e9, 1) + " GB/s\n";
  }
  text += "memory    " + mebibytes(result.peak_rss_bytes) + " of this process at the most, " +
          mebibytes(result.buffer_bytes) + " in buffers of the device\n";
  if (!result.profile) return text;
  std::vector<OperationFlops> of_step = result.flops;
  for (OperationFlops& operation : of_step) operation.flops *= static_cast<uint64_t>(settings.batch_size);
  const char* step = settings.mode == Mode::kTrain ? "training step" : "batch";
  for (const std::string& line : profile_table(*result.profile, step, of_step)) text += line + "\n";
  return text;
}

}  // namespace sateen::app
