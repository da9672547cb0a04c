// "auto": GPU, memory, measurement, in this order.
#include "sateen/choose_device.hpp"

#include <algorithm>
#include <utility>

#include "choose/measure.hpp"
#include "choose/rule.hpp"
#include "choose/speed_memory.hpp"
#include "runtime/select.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

using Reason = DeviceChoice::Reason;

void say(const DeviceRequest& request, LogLevel level, const std::string& line) {
  if (request.log) request.log(level, line);
}

std::string ids(const std::vector<DeviceInfo>& devices) {
  std::string r;
  for (const DeviceInfo& d : devices) r += (r.empty() ? "" : ", ") + d.id;
  return r;
}

/// By speeds of all candidates; 0 is one that doesn't work.
DeviceChoice by_speed(const std::vector<DeviceInfo>& candidates, const std::vector<double>& speeds, Reason reason) {
  DeviceChoice choice{candidates[fastest(speeds)], reason, {}};
  for (size_t i = 0; i < speeds.size(); ++i) {
    if (speeds[i] > 0) choice.speeds.push_back({candidates[i].id, speeds[i]});
  }
  return choice;
}

/// Of several processes that measure at once the first to finish is believed by all.
std::vector<double> keep(const SpeedMemory& memory, const std::vector<double>& speeds, const DeviceRequest& request) {
  if (const auto earlier = memory.read()) return *earlier;
  try {
    memory.write(speeds);
  } catch (const Error& error) {
    say(request, LogLevel::kWarning,
        std::string("the speeds of the devices can't be remembered: ") + error.what() +
            "; SATEEN_CACHE_DIR may name another folder");
  }
  return speeds;
}

DeviceChoice measure(const Registry& registry, const std::vector<DeviceInfo>& candidates, const SpeedMemory& memory,
                     const DeviceRequest& request) {
  say(request, LogLevel::kInfo,
      "measuring which device trains faster: " + ids(candidates) + "; this takes some seconds, " +
          (memory.remembers() ? "once" : "at each start, since there is no cache folder"));
  // Only now, not at each start: many a machine has a card that nobody means to train on.
  for (const BackendRemark& remark : registry.remarks()) {
    say(request, LogLevel::kWarning, remark.backend + ": " + remark.text);
  }
  const std::vector<Measured> results = measure_speeds(registry, candidates, request.cancel);
  std::vector<double> speeds;
  std::string failures;
  std::vector<DeviceInfo> working;
  for (size_t i = 0; i < results.size(); ++i) {
    speeds.push_back(results[i].images_per_second);
    if (results[i].failure.empty()) {
      working.push_back(candidates[i]);
      continue;
    }
    failures += (failures.empty() ? "" : "; ") + candidates[i].id + ": " + results[i].failure;
    say(request, LogLevel::kWarning, candidates[i].id + " is left out: " + results[i].failure);
  }
  if (working.empty()) throw Error(ErrorCode::kDevice, "no device works: " + failures);
  if (working.size() == 1) return {working.front(), Reason::kOnly, {}};
  // A device that failed may work next time: such a result is not kept.
  if (failures.empty()) speeds = keep(memory, speeds, request);
  return by_speed(candidates, speeds, Reason::kMeasured);
}

}  // namespace

DeviceChoice choose_device(const Registry& registry, const DeviceRequest& request) {
  if (request.backend != "auto") return {registry.find(request.backend, request.device), Reason::kAsked, {}};
  const std::vector<DeviceInfo> devices = registry.devices();
  if (!request.device.empty() && request.device != "auto") {
    std::string missing;
    for (const UnavailableBackend& u : registry.unavailable()) missing += "; " + u.name + " can't be used: " + u.reason;
    return {select_device(devices, "", request.device, missing), Reason::kAsked, {}};
  }
  if (devices.empty()) throw Error(ErrorCode::kDevice, "there is no device");
  const size_t gpu = first_gpu(devices);
  if (gpu < devices.size()) return {devices[gpu], Reason::kGpu, {}};
  if (devices.size() == 1) return {devices.front(), Reason::kOnly, {}};
  const SpeedMemory memory(registry.cache_folder(), devices, registry.strict());
  if (const auto speeds = memory.read()) return by_speed(devices, *speeds, Reason::kRemembered);
  if (request.measure == DeviceRequest::Measure::kNever) return {devices.front(), Reason::kUnmeasured, {}};
  return measure(registry, devices, memory, request);
}

}  // namespace sateen
