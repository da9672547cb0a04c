// The options of a training by several devices.
#include "train/rank_options.hpp"

#include <string>

#include "common/numbers.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

/// "0:0,0:1"; nothing where --device names one.
std::vector<std::string> listed(const std::string& devices) {
  std::vector<std::string> list;
  if (devices.find(',') == std::string::npos) return list;
  for (size_t begin = 0; begin <= devices.size();) {
    const size_t end = std::min(devices.find(',', begin), devices.size());
    if (end == begin) throw Error(ErrorCode::kUsage, "--device " + devices + ": a device between commas is missing");
    list.push_back(devices.substr(begin, end - begin));
    begin = end + 1;
  }
  return list;
}

}  // namespace

void add_rank_options(Options& options) {
  const ParallelOptions usual;
  options.add_group(
      "Several devices",
      {{"distributed", "",
        "train with all processes that MPI has started (mpirun -np 4 sateen-train --distributed ...): each takes a "
        "device and a share of every batch"},
       {"reduce", "HOW",
        "how gradients are added: ordered, by rank, so that as many ranks give the same bytes; allreduce, as MPI does "
        "it",
        "ordered"},
       {"wire", "TYPE", "how gradients travel: float, or half, which takes half the bytes and loses digits", "float"},
       {"bucket-kib", "N", "gradients travel once there are so many KiB of them",
        std::to_string(usual.bucket_bytes / 1024)},
       {"rank-timeout", "S",
        "end when a rank has not been heard of for so many seconds; longer than a step and than a device's start",
        general(usual.timeout)},
       {"slow-rank", "X", "warn of a rank whose steps take X times the median", general(usual.slow_factor)}});
}

RankSettings rank_settings(const Options& options) {
  RankSettings settings;
  settings.distributed = options.given("distributed");
  settings.devices = listed(options.text("device"));
  const bool several = settings.distributed || settings.devices.size() > 1;
  for (const char* name : {"reduce", "wire", "bucket-kib", "rank-timeout", "slow-rank"}) {
    if (several || !options.on_line(name)) continue;
    throw Error(ErrorCode::kUsage, std::string("--") + name +
                                       " is for several ranks; give --distributed, or several devices as in --device "
                                       "0:0,0:1");
  }
  ParallelOptions& to = settings.options;
  const bool sums = options.choice("reduce", {"ordered", "allreduce"}) == "allreduce";
  to.reduction = sums ? Reduction::kSum : Reduction::kOrdered;
  to.half = options.choice("wire", {"float", "half"}) == "half";
  if (to.half && sums) {
    throw Error(ErrorCode::kUsage, "--wire half and --reduce allreduce exclude each other: MPI adds no halves");
  }
  to.bucket_bytes = 1024 * options.whole_number("bucket-kib", 1, 1 << 20);
  to.timeout = options.number(
      "rank-timeout", [](double x) { return x > 0 && x <= 1e6; }, "a number of seconds above 0 and up to 1e6");
  to.slow_factor = options.number(
      "slow-rank", [](double x) { return x > 1 && x <= 1e6; }, "a number above 1 and up to 1e6");
  return settings;
}

}  // namespace sateen::app
