// sateen-info --self-test: what to run first on a new card.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "info/self_test/outcome.hpp"
#include "info/self_test/subject.hpp"

namespace sateen::app {

/// What was found out about a device.
struct SelfTest {
  DeviceInfo device;
  Description description;  ///< of the device, then of what it was opened with
  std::vector<std::string> settings;
  std::vector<CheckLine> lines;

  size_t count(Outcome::State state) const;
};

/// Runs all checks in order; none of them stops the others. on_device: before the first; on_line: after each.
SelfTest run_self_test(Subject& subject, const Registry& registry,
                       const std::function<void(const SelfTest&)>& on_device,
                       const std::function<void(const CheckLine&)>& on_line);

}  // namespace sateen::app
