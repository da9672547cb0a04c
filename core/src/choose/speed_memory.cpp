// Measured speeds on disk, so that they are measured once.
#include "choose/speed_memory.hpp"

#include <cerrno>
#include <cmath>
#include <system_error>
#include <thread>

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file_error.hpp"
#include "io/input_file.hpp"
#include "io/json.hpp"
#include "io/safe_file.hpp"
#include "io/xxh3.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kMaxBytes = 65536;

/// How many processors this process may use.
unsigned processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return std::thread::hardware_concurrency();
}

/// Names come from drivers: bytes that are no UTF-8 are replaced.
std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string key_of(std::span<const DeviceInfo> candidates, bool strict) {
  JsonTree key;
  json& devices = json_put_array(key.root(), "devices");
  for (const DeviceInfo& d : candidates) {
    json& device = json_append_object(devices);
    json_put(device, "id", d.id);
    json_put(device, "name", d.name);
    json_put(device, "driver", d.driver);
  }
  json_put(key.root(), "sateen", SATEEN_VERSION);
  json_put(key.root(), "processors", processors());
  if (strict) json_put(key.root(), "strict", true);  // else as it always was: files stay good
  return text_of(key);
}

Bytes bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  // For its owner alone, as the XDG base directory specification has it.
  if (!error && ::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) error = {errno, std::generic_category()};
  if (error) throw Error(ErrorCode::kOutput, display_path(folder) + ": can't be made: " + error.message());
}

/// Whether only this user can have put files there: another one's link would lead a write elsewhere.
bool is_own(const fs::path& folder) {
  struct stat info {};
  return ::stat(folder.c_str(), &info) == 0 && info.st_uid == ::geteuid() && (info.st_mode & S_IWOTH) == 0;
}

}  // namespace

std::optional<std::vector<double>> speeds_in(std::string_view text, const std::string& key, size_t count) {
  const JsonTree file = parse_json(text);
  if (text_of(json_object(file, "measured_on", "the file")) != key) return std::nullopt;
  std::vector<double> speeds;
  for (const json& speed : json_array(file, "images_per_second", "the file")) {
    if (!speed.is_number()) return std::nullopt;
    speeds.push_back(speed.get<double>());
    if (!std::isfinite(speeds.back()) || speeds.back() <= 0) return std::nullopt;
  }
  return speeds.size() == count ? std::optional(speeds) : std::nullopt;
}

SpeedMemory::SpeedMemory(const fs::path& folder, std::span<const DeviceInfo> candidates, bool strict)
    : key_(key_of(candidates, strict)), count_(candidates.size()) {
  if (!folder.empty()) file_ = folder / ("auto-" + hex64(xxh3(bytes(key_))) + ".json");
}

std::optional<std::vector<double>> SpeedMemory::read() const {
  if (!remembers() || !is_own(file_.parent_path())) return std::nullopt;
  try {
    const std::vector<uint8_t> content = read_file(file_, kMaxBytes, "file of measured speeds");
    return speeds_in({reinterpret_cast<const char*>(content.data()), content.size()}, key_, count_);
  } catch (const Error&) {  // not there, or not ours: it is made again
    return std::nullopt;
  }
}

void SpeedMemory::write(std::span<const double> speeds) const {
  if (!remembers()) return;
  make_folder(file_.parent_path());
  if (!is_own(file_.parent_path())) {
    throw Error(ErrorCode::kOutput,
                display_path(file_.parent_path()) + ": must be this user's own folder, and not writable for everybody");
  }
  JsonTree file;
  JsonTree measured_on = parse_json(key_);
  json_put_object(file.root(), "measured_on").swap(measured_on.root());
  json_put(file.root(), "images_per_second", std::vector<double>(speeds.begin(), speeds.end()));
  const std::string text = file.root().dump(2) + "\n";
  const Bytes chunk = bytes(text);
  write_file_safely(file_, {&chunk, 1});
}

}  // namespace sateen
