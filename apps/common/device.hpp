// The options that choose where a program computes, and the device that they name.
#pragma once

#include <string>
#include <vector>

#include "common/options.hpp"
#include "common/program.hpp"
#include "sateen/choose_device.hpp"
#include "sateen/device.hpp"

namespace sateen::app {

/// Adds --backend-path: all that a program needs which lists devices.
void add_registry_options(Options& options);
Registry::Options registry_places(const Options& options, LogSink log);
Registry make_registry(const Options& options, const Program& program);

/// Adds --backend, --device, --backend-path, --device-option and --strict. SATEEN_BACKEND and SATEEN_DEVICE stand for the first
/// two where they are not given; without them it is auto.
/// Where several is true, --device may name more than one.
void add_device_options(Options& options, bool several = false);

/// What the options ask for. Throws Error(kUsage) for a --device-option that is none.
DeviceRequest device_request(const Options& options, const Program& program, DeviceRequest::Measure measure);
std::vector<std::string> device_settings(const Options& options);

/// An open device and the line that tells people which one it is, and why.
struct OpenedDevice {
  Device device;
  std::string line;
  bool tunes = false;  ///< Registry::tunes of its backend
};

/// How a program wants its device, beside its options.
struct DeviceWish {
  DeviceRequest::Measure measure = DeviceRequest::Measure::kIfNeeded;
  std::vector<std::string> more_settings = {};  ///< beside --device-option, which they override
  std::string auto_takes = {};  ///< device_text of the one that auto takes where it is there; empty: none
  CancelToken cancel = {};
  std::string device = {};  ///< the one to take, as --device has it; empty: what --device says
  /// Of the processes or threads on this machine that open a device at the same time: which this is, how many there
  /// are, and the processors that all of them together may use (0: those of this process). Where no device is named the
  /// GPUs go round, or else each takes cpu, whatever is on other machines, and has its share of threads.
  int place = 0, places = 1, processors = 0;
  int ranks = 1;                                  ///< how many there are on all machines together
  bool quiet = false;                             ///< what is only for information is another one's to print
  std::vector<std::string> tuning_settings = {};  ///< for devices of backends that tune; --device-option overrides them
};

OpenedDevice open_device(const Options& options, const Program& program, const DeviceWish& wish);

}  // namespace sateen::app
