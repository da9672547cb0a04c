// Several ranks on one machine: which device each takes, and how many processors.
#include "common/place.hpp"

#include <algorithm>
#include <thread>

#include <sched.h>

namespace sateen::app {

int usable_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(CPU_COUNT(&set), 1);
  return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
}

void take_place(const DeviceWish& wish, const Registry& registry, DeviceRequest& request) {
  if (wish.ranks == 1 || !(request.device.empty() || request.device == "auto")) return;
  std::vector<DeviceInfo> all, gpus;
  for (const DeviceInfo& device : registry.devices()) {
    if (request.backend != "auto" && device.backend != request.backend) continue;
    all.push_back(device);
    if (device.type == SATEEN_DEVICE_GPU) gpus.push_back(device);
  }
  if (gpus.empty() && request.backend == "auto") {  // other devices that compute on processors take all of them
    request.backend = "cpu";
    return;
  }
  const std::vector<DeviceInfo>& from = gpus.empty() ? all : gpus;
  if (from.empty()) return;
  const DeviceInfo& mine = from[static_cast<size_t>(wish.place) % from.size()];
  request.backend = mine.backend;
  request.device = mine.id;
}

std::vector<std::string> share_of_threads(const DeviceWish& wish, const DeviceInfo& device) {
  if (wish.places == 1 || device.backend != "cpu") return {};
  const int own = usable_processors();
  const int share = (wish.processors > 0 ? wish.processors : own) / wish.places;
  return {"threads=" + std::to_string(std::clamp(share, 1, own))};
}

}  // namespace sateen::app
