// Opening the device under test and its reference.
#include "info/self_test/subject.hpp"

#include <utility>

namespace sateen::app {

Subject::Subject(const Registry& registry, Registry::Options places, DeviceInfo info, std::vector<std::string> settings)
    : registry_(registry), places_(std::move(places)), info_(std::move(info)), settings_(std::move(settings)) {}

Device& Subject::device() {
  if (!device_) device_ = registry_.open(info_.backend, info_.id, settings_);
  return *device_;
}

Device& Subject::reference() {
  using Settings = std::vector<std::string>;
  if (!reference_) {
    reference_ = registry_.open(kReference, {}, is_reference() ? Settings{"isa=baseline", "threads=1"} : Settings{});
  }
  return *reference_;
}

std::string Subject::reference_name() const {
  return is_reference() ? "cpu without vector instructions" : "cpu";
}

Device Subject::open_another(const std::vector<std::string>& more_settings) const {
  std::vector<std::string> settings = settings_;
  settings.insert(settings.end(), more_settings.begin(), more_settings.end());
  return registry_.open(info_.backend, info_.id, settings);
}

Device Subject::open_with_cache(const std::filesystem::path& folder) const {
  Registry::Options places = places_;
  places.cache_folder = folder;
  return Registry(std::move(places)).open(info_.backend, info_.id, settings_);
}

void Subject::leave() {
  device_.reset();
}

}  // namespace sateen::app
