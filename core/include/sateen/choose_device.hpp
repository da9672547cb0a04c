// "auto": the device to take where nobody names one, and what a user means over the devices of all backends.
#pragma once

#include <string>
#include <vector>

#include "sateen/cancel.hpp"
#include "sateen/device.hpp"
#include "sateen/export.hpp"
#include "sateen/log.hpp"

namespace SATEEN_PUBLIC sateen {

/// Which device is wanted, and what may be done to find it.
struct DeviceRequest {
  std::string backend = "auto";  ///< a backend's name, or "auto": any
  std::string device;            ///< as Registry::find takes it; with "auto" it may fit devices of any backend

  /// Whether devices may be measured to find the fastest.
  enum class Measure {
    kIfNeeded,  ///< takes a few seconds where there is more than one candidate and nothing is remembered
    kNever,     ///< what is remembered, else the first candidate: for those who compute less than measuring takes
  };
  Measure measure = Measure::kIfNeeded;  ///< used where "auto" has several candidates and none is a GPU
  /// Hears why it takes a while (info), which candidates are left out, and that a result can't be kept (warnings).
  LogSink log;
  CancelToken cancel;  ///< ends a measurement soon, with Error(kCancelled)
};

/// How fast a device trains the published network in batches of 64, by a short measurement: good to compare, no more.
struct DeviceSpeed {
  std::string id;                ///< DeviceInfo::id
  double images_per_second = 0;  ///< the best of several turns
};

/// The device to open, and why this one.
struct DeviceChoice {
  /// By which rule it was chosen.
  enum class Reason {
    kAsked,       ///< the request names a backend or a device
    kGpu,         ///< the first GPU
    kOnly,        ///< the only candidate, or the only one that works
    kMeasured,    ///< the fastest, by `speeds`
    kRemembered,  ///< the same, measured at an earlier start
    kUnmeasured,  ///< the first candidate, because nothing is known and nothing was to be measured
  };
  DeviceInfo device;                ///< its backend and id are what Registry::open takes
  Reason reason = Reason::kAsked;   ///< for the line that tells the user
  std::vector<DeviceSpeed> speeds;  ///< of all candidates that work, in the order of Registry::devices()
};

/// Finds the device that Registry::open is then to be called with; opens none but to measure.
/// "auto" and no device: the first GPU of any backend; else the fastest of all devices, where the first one in the
/// order of Registry::devices() (built-in backends come first) wins among those within 5 %. Speeds are kept in the
/// registry's cache folder, in a file for each version of the library, number of processors and set of candidates (id,
/// name, driver), and others for strict registries, so that a second start chooses the same without measuring. Settings
/// of devices play no part in it. Throws Error(kDevice) when nothing fits, more than one device fits, or no candidate
/// works; never takes another device than the one that was asked for. The registry's thread rule.
DeviceChoice choose_device(const Registry& registry, const DeviceRequest& request = {});

}  // namespace sateen
