// The devices of this machine, as a table and as JSON.
#include "info/list.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "common/text.hpp"

namespace sateen::app {
namespace {

using Json = nlohmann::ordered_json;

const char* type_name(uint32_t type) {
  switch (type) {
    case SATEEN_DEVICE_CPU:
      return "cpu";
    case SATEEN_DEVICE_GPU:
      return "gpu";
    case SATEEN_DEVICE_ACCELERATOR:
      return "accelerator";
    default:
      return "other";
  }
}

std::string gibibytes(uint64_t bytes) {
  const uint64_t tenths = (bytes * 10 + (uint64_t{1} << 29)) >> 30;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

}  // namespace

std::string devices_as_text(const Registry& registry) {
  using Row = std::array<std::string, 5>;
  std::vector<Row> rows{{"device", "type", "memory", "name", "driver"}};
  for (const DeviceInfo& d : registry.devices()) {
    rows.push_back({d.id, type_name(d.type), gibibytes(d.memory_bytes), one_line(d.name), one_line(d.driver)});
  }
  std::array<size_t, 5> width{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(width[i] - row[i].size() + 2, ' ');
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  for (const UnavailableBackend& u : registry.unavailable()) {
    text += one_line("backend " + u.name + " can't be used: " + u.reason) + "\n";
  }
  return text;
}

std::string devices_as_json(const Registry& registry) {
  Json devices = Json::array();
  for (const DeviceInfo& d : registry.devices()) {
    devices.push_back({{"backend", d.backend},
                       {"id", d.id},
                       {"name", d.name},
                       {"vendor", d.vendor},
                       {"driver", d.driver},
                       {"type", type_name(d.type)},
                       {"memory_bytes", d.memory_bytes}});
  }
  Json unavailable = Json::array();
  for (const UnavailableBackend& u : registry.unavailable()) {
    unavailable.push_back({{"name", u.name}, {"reason", u.reason}});
  }
  const Json all{{"devices", devices}, {"unavailable", unavailable}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sateen::app
