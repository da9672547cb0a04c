// Finding the device that a user means, by its id, its numbers or a part of its name.
#include "runtime/select.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "sateen/error.hpp"

namespace sateen {

namespace {

std::string lower(std::string_view text) {
  std::string r(text);
  // ASCII alone: what a locale makes of other letters must not change which device is meant.
  for (char& c : r) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return r;
}

std::string list(const std::vector<DeviceInfo>& devices) {
  std::string r;
  for (const DeviceInfo& d : devices) r += (r.empty() ? "" : ", ") + d.id + " (" + d.name + ")";
  return r.empty() ? "none" : r;
}

}  // namespace

DeviceInfo select_device(const std::vector<DeviceInfo>& devices, const std::string& backend, const std::string& wanted,
                         const std::string& missing) {
  const std::string which = backend.empty() ? "there is no device" : "backend '" + backend + "' has no device";
  if (wanted.empty() || wanted == "auto") {
    if (devices.empty()) throw Error(ErrorCode::kDevice, which);
    const auto gpu =
        std::find_if(devices.begin(), devices.end(), [](const DeviceInfo& d) { return d.type == SATEEN_DEVICE_GPU; });
    return gpu != devices.end() ? *gpu : devices.front();
  }
  std::vector<DeviceInfo> fitting;
  const auto take = [&](const auto& fits) {
    if (fitting.empty()) std::copy_if(devices.begin(), devices.end(), std::back_inserter(fitting), fits);
  };
  take([&](const DeviceInfo& d) { return d.id == wanted; });
  take([&](const DeviceInfo& d) { return d.id == d.backend + ":" + wanted; });
  take([&](const DeviceInfo& d) { return lower(d.name) == lower(wanted); });
  take([&](const DeviceInfo& d) { return lower(d.name + "\n" + d.vendor).find(lower(wanted)) != std::string::npos; });
  if (fitting.empty())
    throw Error(ErrorCode::kDevice, which + " '" + wanted + "'; there are: " + list(devices) + missing);
  if (fitting.size() > 1) {
    throw Error(ErrorCode::kDevice, "'" + wanted + "' fits more than one device" +
                                        (backend.empty() ? "" : " of backend '" + backend + "'") + ": " +
                                        list(fitting) + "; give an id");
  }
  return fitting.front();
}

}  // namespace sateen
