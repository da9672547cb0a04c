// Registry: the backends of this process and the way to a device.
#include <algorithm>
#include <iterator>
#include <memory>
#include <sstream>
#include <utility>

#include "runtime/builtin.hpp"
#include "runtime/describe.hpp"
#include "runtime/device_state.hpp"
#include "runtime/fallback.hpp"
#include "runtime/plugin.hpp"
#include "runtime/plugin_folders.hpp"
#include "runtime/select.hpp"
#include "runtime/tuning.hpp"
#include "sateen/cache.hpp"
#include "sateen/device.hpp"

namespace sateen {

namespace fs = std::filesystem;

struct Registry::State {
  LogSink log;
  fs::path cache_folder;
  bool strict = false;
  std::shared_ptr<ToldKinds> told = std::make_shared<ToldKinds>();
  std::vector<const sateen_backend*> backends;
  std::vector<std::string> origins;  ///< the file of each backend; "" for a built-in one
  std::vector<UnavailableBackend> unavailable;

  void add(const sateen_backend* table, const std::string& file) {
    for (size_t i = 0; i < backends.size(); ++i) {
      if (backends[i] == table) return;  // found again on another path
      if (std::string_view(backends[i]->name) == table->name) {
        throw Error(ErrorCode::kDevice, file + ": there is a backend '" + table->name + "' already, " +
                                            (origins[i].empty() ? "the built-in one" : "that of " + origins[i]));
      }
    }
    backends.push_back(table);
    origins.push_back(file);
  }

  /// What a plugin that does not load is listed as: sateen_<name>.so is the backend <name>, as far as one can tell.
  static std::string backend_name(const fs::path& file) {
    constexpr std::string_view kPrefix = "sateen_";
    const std::string stem = file.stem().string();
    return stem.compare(0, kPrefix.size(), kPrefix) == 0 ? stem.substr(kPrefix.size()) : stem;
  }

  /// Loads one file; a failure is thrown when the user named the path, listed otherwise.
  void add_plugin(const fs::path& file, bool named) {
    try {
      add(load_plugin(file), file.string());
    } catch (const Error& e) {
      if (named) throw Error(ErrorCode::kDevice, std::string("backend ") + e.what());
      unavailable.push_back({backend_name(file), e.what()});
    }
  }

  void add_path(const fs::path& path, bool named) {
    std::vector<fs::path> files;
    try {
      files = plugin_files(path);
    } catch (const Error& e) {
      if (named) throw;
      unavailable.push_back({path.string(), e.what()});
    }
    for (const fs::path& file : files) add_plugin(file, named);
  }

  const sateen_backend* find(std::string_view name) const {
    const auto it = std::find_if(backends.begin(), backends.end(),
                                 [&](const sateen_backend* b) { return std::string_view(b->name) == name; });
    return it == backends.end() ? nullptr : *it;
  }
};

namespace {

std::string text(const char* s) {
  return s != nullptr ? s : "";
}

DeviceInfo info_of(const sateen_backend& backend, uint32_t index) {
  sateen_device_info c{};
  c.struct_size = sizeof c;
  const sateen_status status = backend.device_info(index, &c);
  if (status != SATEEN_OK) {
    DeviceState::throw_status(backend, nullptr, status, std::string(backend.name) + ": describe a device");
  }
  DeviceInfo info;
  info.backend = backend.name;
  info.index = index;
  info.id = text(c.id);
  info.name = text(c.name);
  info.vendor = text(c.vendor);
  info.driver = text(c.driver);
  info.type = c.type;
  info.alignment = c.alignment;
  info.memory_bytes = c.memory_bytes;
  info.max_allocation_bytes = c.max_allocation_bytes;
  return info;
}

std::vector<DeviceInfo> devices_of(const sateen_backend& backend) {
  uint32_t count = 0;
  const sateen_status status = backend.device_count(&count);
  if (status != SATEEN_OK) {
    DeviceState::throw_status(backend, nullptr, status, std::string(backend.name) + ": look for devices");
  }
  std::vector<DeviceInfo> devices;
  for (uint32_t i = 0; i < count; ++i) devices.push_back(info_of(backend, i));
  return devices;
}

void forward_log(void* context, uint32_t level, const char* message) {
  const auto& state = *static_cast<const DeviceState*>(context);
  if (!state.log || message == nullptr) return;
  try {
    state.log(static_cast<LogLevel>(std::min(level, SATEEN_LOG_ERROR)), message);
  } catch (...) {  // a sink must not throw; the plugin that calls is C and could not bear it
  }
}

std::shared_ptr<DeviceState> open_state(const sateen_backend& backend, const DeviceInfo& info,
                                        const std::vector<std::string>& options, const LogSink& log,
                                        const std::string& cache_folder) {
  auto state = std::make_shared<DeviceState>();
  state->backend = &backend;
  state->info = info;
  state->log = log;
  state->cache_folder = cache_folder;
  state->host = {sizeof(sateen_host),
                 SATEEN_ABI_MAJOR,
                 SATEEN_ABI_MINOR,
                 0,
                 state.get(),
                 forward_log,
                 state->cache_folder.empty() ? nullptr : state->cache_folder.c_str()};
  std::vector<const char*> c_options;
  c_options.reserve(options.size() + 1);
  for (const std::string& o : options) c_options.push_back(o.c_str());
  c_options.push_back(nullptr);
  const sateen_status status = backend.device_open(info.index, c_options.data(), &state->host, &state->device);
  if (status != SATEEN_OK) DeviceState::throw_status(backend, nullptr, status, info.id + ": open");
  return state;
}

template <typename Items, typename Name>
std::string list(const Items& items, Name&& name) {
  std::string r;
  for (const auto& item : items) r += (r.empty() ? "" : ", ") + name(item);
  return r.empty() ? "none" : r;
}

}  // namespace

Registry::Registry() : Registry(Options{}) {}

Registry::Registry(Options options) : state_(std::make_unique<State>()) {
  state_->log = std::move(options.log);
  state_->strict = options.strict;
  state_->cache_folder = options.cache_folder ? *options.cache_folder : default_cache_folder(state_->log);
  if (!state_->cache_folder.empty()) state_->cache_folder = fs::absolute(state_->cache_folder);
  for (const sateen_backend_entry_fn entry : builtin_backends()) {
    const sateen_backend* table = entry(SATEEN_ABI_MAJOR, SATEEN_ABI_MINOR);
    check_backend_table(table);
    state_->add(table, {});
  }
  for (const fs::path& path : options.backend_paths) state_->add_path(fs::absolute(path), true);
  if (options.default_paths) {
    for (const fs::path& path : default_plugin_paths()) state_->add_path(path, false);
  }
}

Registry::~Registry() = default;

std::vector<std::string> Registry::backends() const {
  std::vector<std::string> names;
  for (const sateen_backend* b : state_->backends) names.emplace_back(b->name);
  return names;
}

std::vector<UnavailableBackend> Registry::unavailable() const {
  std::vector<UnavailableBackend> all = state_->unavailable;
  for (const sateen_backend* b : state_->backends) {
    uint32_t count = 0;
    if (b->device_count(&count) != SATEEN_OK) all.push_back({b->name, text(b->last_error(nullptr))});
  }
  return all;
}

std::vector<BackendRemark> Registry::remarks() const {
  std::vector<BackendRemark> all;
  for (const sateen_backend* b : state_->backends) {
    const auto* table = static_cast<const sateen_remarks*>(b->extension(SATEEN_REMARKS_1));
    const char* lines = nullptr;
    if (table == nullptr || table->remarks(&lines) != SATEEN_OK) continue;
    std::istringstream stream(text(lines));
    for (std::string line; std::getline(stream, line);) all.push_back({b->name, line});
  }
  return all;
}

Description Registry::describe(const DeviceInfo& device) const {
  const sateen_backend* table = state_->find(device.backend);
  const sateen_describe* describe = table != nullptr ? find_describe(*table) : nullptr;
  if (describe == nullptr) return {};
  const char* lines = nullptr;
  const sateen_status status = describe->device(device.index, &lines);
  if (status != SATEEN_OK) DeviceState::throw_status(*table, nullptr, status, device.id + ": describe");
  return read_description(lines);
}

bool Registry::tunes(const std::string& backend) const {
  const sateen_backend* table = state_->find(backend);
  return table != nullptr && find_tuning(*table) != nullptr;
}

const fs::path& Registry::cache_folder() const {
  return state_->cache_folder;
}

bool Registry::strict() const {
  return state_->strict;
}

std::vector<DeviceInfo> Registry::devices() const {
  std::vector<DeviceInfo> all;
  for (const sateen_backend* b : state_->backends) {
    uint32_t count = 0;
    if (b->device_count(&count) != SATEEN_OK) continue;  // unavailable() has its reason
    for (uint32_t i = 0; i < count; ++i) all.push_back(info_of(*b, i));
  }
  return all;
}

DeviceInfo Registry::find(const std::string& backend, const std::string& wanted) const {
  const sateen_backend* table = state_->find(backend);
  if (table == nullptr) {
    for (const UnavailableBackend& u : state_->unavailable) {
      if (u.name == backend) throw Error(ErrorCode::kDevice, "backend '" + backend + "' can't be used: " + u.reason);
    }
    std::string message =
        "there is no backend '" + backend + "'; there are: " + list(backends(), [](const auto& n) { return n; });
    for (const UnavailableBackend& u : state_->unavailable) message += "; " + u.name + " can't be used: " + u.reason;
    message += "; plugins are looked for in " +
               list(usual_plugin_folders(), [](const fs::path& folder) { return folder.string(); }) +
               " and in SATEEN_BACKEND_PATH";
    throw Error(ErrorCode::kDevice, message);
  }
  return select_device(devices_of(*table), backend, wanted);
}

Device Registry::open(const std::string& backend, const std::string& wanted,
                      const std::vector<std::string>& options) const {
  const DeviceInfo chosen = find(backend, wanted);
  std::shared_ptr<DeviceState> state =
      open_state(*state_->find(backend), chosen, options, state_->log, state_->cache_folder.string());
  // What it can't do is done by the first built-in backend.
  const sateen_backend* builtin = state_->backends.front();
  if (state->backend == builtin) return Device(std::move(state));
  const DeviceInfo fallback = info_of(*builtin, 0);
  state->info.alignment = std::max(state->info.alignment, fallback.alignment);
  state->fallback.strict = state_->strict;
  state->fallback.told = state_->told;
  std::vector<std::string> shared;
  std::copy_if(options.begin(), options.end(), std::back_inserter(shared),
               [](const std::string& option) { return option.rfind("profile=", 0) == 0; });
  state->fallback.open = [builtin, fallback, shared, log = state_->log, folder = state->cache_folder] {
    return open_state(*builtin, fallback, shared, log, folder);
  };
  return Device(std::move(state));
}

}  // namespace sateen
