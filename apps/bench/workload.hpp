// The work that is timed: training or prediction of the published network, on pictures in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/result.hpp"
#include "sateen/data.hpp"
#include "sateen/model.hpp"

namespace sateen::app {

class Workload {
 public:
  virtual ~Workload() = default;
  Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  /// One step on one batch, and waits for it.
  virtual void step() = 0;
  /// All pictures once, and waits: an epoch, or a prediction whose probabilities are on the host. Returns their number.
  virtual uint64_t pass() = 0;
  /// Of all steps so far; `seconds` is the caller's to fill in. The device is opened with profile=1.
  virtual TrainProfile profile() const = 0;
};

/// What both kinds of work are made of; it outlives them.
struct Material {
  Sequential model;
  Dataset data;
};
Material make_material(const BenchSettings& settings, const DeviceInfo& device);

/// Puts on the device what the work needs.
std::unique_ptr<Workload> make_workload(const BenchSettings& settings, const Material& material, const Device& device);

}  // namespace sateen::app
