// A result for programs.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "bench/result.hpp"
#include "common/numbers.hpp"
#include "common/profile_table.hpp"

namespace sateen::app {
namespace {

using Json = nlohmann::ordered_json;

Json operations(const BenchResult& result) {
  Json list = Json::array();
  const TrainProfile& profile = *result.profile;
  const auto steps = static_cast<double>(std::max<uint64_t>(profile.steps, 1));
  for (const OpProfile& operation : profile.operations) {
    const double nanoseconds = static_cast<double>(operation.nanoseconds) / steps;
    const auto flops =
        static_cast<double>(flops_of(operation.name, result.flops)) * static_cast<double>(result.settings.batch_size);
    list.push_back(
        {{"name", operation.name}, {"ms", nanoseconds / 1e6}, {"gflops", nanoseconds > 0 ? flops / nanoseconds : 0.0}});
  }
  return list;
}

}  // namespace

std::string as_json(const BenchResult& result) {
  const BenchSettings& settings = result.settings;
  Json json = {{"schema", "sateen.bench/1"},
               {"version", SATEEN_VERSION},
               {"mode", mode_name(settings.mode)},
               {"model", settings.model},
               {"batch_size", settings.batch_size},
               {"images", settings.images},
               {"backend", result.device.backend},
               {"device", result.device.id},
               {"device_name", result.device.name},
               {"driver", result.device.driver},
               {"device_options", result.options},
               {"images_per_second", result.runs.empty() ? Json(nullptr) : Json(result.median())},
               {"runs", result.runs},
               {"flops_per_image", total_flops(result.flops)},
               {"achieved_gflops", result.achieved_flops() / 1e9},
               {"open_seconds", result.open_seconds},
               {"first_step_seconds", result.first_step_seconds},
               {"memory_peak_rss_bytes", result.peak_rss_bytes},
               {"memory_buffer_bytes", result.buffer_bytes},
               {"fallback_ops", result.fallback_ops}};
  for (const char* key : {"programs_built", "programs_loaded"}) {
    if (const auto count = parse_unsigned(result.described(key))) json[key] = *count;
  }
  if (result.peak) {
    json["peak_gflops"] = result.peak->flops / 1e9;
    json["peak_gbytes_per_second"] = result.peak->bytes_per_second / 1e9;
  }
  if (result.profile) {
    const auto steps = static_cast<double>(std::max<uint64_t>(result.profile->steps, 1));
    json["profiled_step_ms"] = 1e3 * result.profile->seconds / steps;
    json["operations"] = operations(result);
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sateen::app
