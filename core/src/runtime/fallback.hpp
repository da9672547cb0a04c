// What an open device needs to have operations that it can't do done elsewhere: the built-in backend's device, opened
// when the first graph asks for it, and what was said and counted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "sateen/backend.h"
#include "sateen/device.hpp"

namespace sateen {

struct DeviceState;

/// Kinds of operations that people were told of, by device. Shared by a registry's devices, which may be used by several
/// threads.
class ToldKinds {
 public:
  /// Whether a kind among them is new for this device. From now on none is.
  bool tell(const std::string& device_id, const std::set<uint32_t>& kinds);

 private:
  std::mutex mutex_;
  std::map<std::string, std::set<uint32_t>> told_;
};

struct Fallback {
  bool strict = false;                                 ///< nothing may run elsewhere
  std::function<std::shared_ptr<DeviceState>()> open;  ///< empty for the built-in backend itself
  std::shared_ptr<DeviceState> device;                 ///< once it is open
  bool logged = true;                                  ///< whether people are told
  std::shared_ptr<ToldKinds> told;
  uint64_t ops = 0, all_ops = 0;            ///< of the programs compiled so far: what runs elsewhere, and all
  std::map<std::string, uint64_t> by_kind;  ///< how many run elsewhere
  uint64_t copied_bytes = 0;                ///< between the two devices
  std::vector<unsigned char> staging;       ///< of what is being copied
};

/// Counts what a program has run elsewhere, and logs it with the device's reasons where a kind among it is new.
void report_fallback(DeviceState& device, const sateen_graph& graph, const std::vector<bool>& supported);

/// For Device::describe; empty where nothing runs elsewhere.
Description describe_fallback(const Fallback& fallback);

}  // namespace sateen
