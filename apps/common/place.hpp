// Several ranks on one machine: which device each takes, and how many processors.
#pragma once

#include <string>
#include <vector>

#include "common/device.hpp"

namespace sateen::app {

/// How many processors this process may use: fewer than there are where its launcher ties it to some.
int usable_processors();

/// The GPUs, or the devices of the backend that was asked for, go round among those who open one at the same time. Does
/// nothing for one alone, or where a device was asked for.
void take_place(const DeviceWish& wish, const Registry& registry, DeviceRequest& request);

/// threads= of cpu, so that those who share a machine don't hinder one another; empty for one alone.
std::vector<std::string> share_of_threads(const DeviceWish& wish, const DeviceInfo& device);

}  // namespace sateen::app
