// Reading the extension sateen.profile/1.
#include "runtime/profile.hpp"

namespace sateen {

std::vector<OpProfile> read_profile(const DeviceState& device, const sateen_program* program) {
  const auto* table = static_cast<const sateen_profile*>(device.backend->extension(SATEEN_PROFILE_1));
  if (table == nullptr || table->struct_size < sizeof(sateen_profile)) {
    throw Error(ErrorCode::kDevice, device.info.id + ": the backend takes no times of operations; try another backend");
  }
  constexpr const char* kDoing = "times of the operations";
  uint32_t count = 0;
  device.check(table->count(device.device, program, &count), kDoing);
  std::vector<OpProfile> profile;
  for (uint32_t i = 0; i < count; ++i) {
    sateen_op_profile entry{};
    entry.struct_size = sizeof entry;
    device.check(table->entry(device.device, program, i, &entry), kDoing);
    profile.push_back({entry.name != nullptr ? entry.name : "", entry.runs, entry.nanoseconds});
  }
  return profile;
}

}  // namespace sateen
