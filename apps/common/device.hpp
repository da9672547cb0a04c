// The options that choose where a program computes, and the device that they name.
#pragma once

#include <string>

#include "common/options.hpp"
#include "common/program.hpp"
#include "sateen/device.hpp"

namespace sateen::app {

/// Adds --backend, --backend-path, --device and --device-option.
void add_device_options(Options& options);

Device open_device(const Options& options, const Program& program);

}  // namespace sateen::app
