// Reading the extension sateen.peak/1.
#include "runtime/peak.hpp"

namespace sateen {

std::optional<PeakRates> read_peak(const DeviceState& device) {
  const auto* table = static_cast<const sateen_peak*>(device.backend->extension(SATEEN_PEAK_1));
  if (table == nullptr || table->struct_size < sizeof(sateen_peak)) return std::nullopt;
  sateen_peak_rates rates{};
  rates.struct_size = sizeof rates;
  device.check(table->measure(device.device, &rates), "measure the peak");
  return PeakRates{rates.flops, rates.bytes_per_second};
}

}  // namespace sateen
