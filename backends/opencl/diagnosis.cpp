// Why OpenCL shows no device, or not all of them.
#include "diagnosis.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string_view>
#include <system_error>

#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sateen/sdk/failure.hpp"

namespace sateen::opencl {

namespace {

namespace fs = std::filesystem;

struct Maker {
  uint32_t number;  // as PCI has it
  const char* card;
  std::array<std::string_view, 4> drivers;  // what the .icd files of its drivers have in their names
  const char* remedy;
};

constexpr Maker kMakers[] = {
    {0x1002,
     "an AMD graphics card",
     {"amdocl", "rocm", "rusticl", "mesa"},
     "apt install mesa-opencl-icd and set RUSTICL_ENABLE=radeonsi, or install AMD's ROCm (rocm-opencl-icd)"},
    {0x8086, "an Intel graphics card", {"intel.icd", "neo", "rusticl"}, "apt install intel-opencl-icd"},
    {0x10de, "an NVIDIA graphics card", {"nvidia"}, "apt install nvidia-opencl-icd (Debian's section non-free)"},
};

/// Sorted, so that the words are the same each time.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> r;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) r.push_back(it->path());
  std::sort(r.begin(), r.end());
  return r;
}

std::string first_line(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  const size_t first = line.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

/// OCL_ICD_VENDORS may be a folder, a file, or the name of a file in the usual folder.
fs::path vendors_folder(const System& system) {
  const fs::path usual = system.root / "etc/OpenCL/vendors";
  if (system.icd_vendors.empty()) return usual;
  const fs::path named(system.icd_vendors);
  std::error_code error;
  return named.has_parent_path() || fs::exists(named, error) ? named : usual / named;
}

std::vector<fs::path> icd_files(const System& system) {
  const fs::path place = vendors_folder(system);
  if (place.extension() == ".icd") return {place};
  std::vector<fs::path> r = entries(place);
  r.erase(std::remove_if(r.begin(), r.end(), [](const fs::path& p) { return p.extension() != ".icd"; }), r.end());
  return r;
}

/// "" where it can be loaded. It stays loaded: a driver may have threads.
std::string load_failure(const std::string& library) {
  if (::dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL) != nullptr) return {};
  const char* said = ::dlerror();
  std::string reason = said != nullptr ? said : "the reason is not known";
  // The name again, unless it is another library that is missing.
  if (reason.compare(0, library.size() + 2, library + ": ") == 0) reason.erase(0, library.size() + 2);
  return reason;
}

bool has_driver(const Maker& maker, const System& system) {
  const std::vector<fs::path> files = icd_files(system);
  return std::any_of(files.begin(), files.end(), [&](const fs::path& file) {
    const std::string name = file.filename().string();
    return std::any_of(maker.drivers.begin(), maker.drivers.end(),
                       [&](std::string_view part) { return !part.empty() && name.find(part) != std::string::npos; });
  });
}

/// The PCI addresses of a maker's graphics cards and accelerators.
std::vector<std::string> cards_of(const Maker& maker, const System& system) {
  std::vector<std::string> r;
  for (const fs::path& card : entries(system.root / "sys/bus/pci/devices")) {
    const std::string kind = first_line(card / "class").substr(0, 4);
    if (kind != "0x03" && kind != "0x12") continue;
    if (std::strtoul(first_line(card / "vendor").c_str(), nullptr, 16) == maker.number) {
      r.push_back(card.filename().string());
    }
  }
  return r;
}

/// Files through which drivers reach cards.
std::vector<fs::path> device_files(const System& system) {
  std::vector<fs::path> r;
  const auto add = [&](const fs::path& folder, std::string_view beginning) {
    for (const fs::path& file : entries(folder)) {
      const std::string name = file.filename().string();
      if (name.compare(0, beginning.size(), beginning) == 0 && !fs::is_directory(file)) r.push_back(file);
    }
  };
  add(system.root / "dev/dri", "renderD");
  add(system.root / "dev", "kfd");
  add(system.root / "dev", "nvidia");
  return r;
}

std::string group_name(gid_t number) {
  std::vector<char> scratch(4096);
  struct group entry {};
  struct group* found = nullptr;
  if (::getgrgid_r(number, &entry, scratch.data(), scratch.size(), &found) == 0 && found != nullptr) {
    return found->gr_name;
  }
  return std::to_string(number);
}

}  // namespace

System System::here() {
  System system;
  if (const char* vendors = std::getenv("OCL_ICD_VENDORS")) system.icd_vendors = vendors;
  return system;
}

std::string joined(const std::vector<std::string>& sentences, const std::string& between) {
  std::string r;
  for (const std::string& s : sentences) r += (r.empty() ? "" : between) + s;
  return r;
}

std::vector<std::string> broken_drivers(const System& system) {
  std::vector<std::string> r;
  for (const fs::path& file : icd_files(system)) {
    const std::string library = first_line(file);
    if (library.empty()) {
      r.push_back(file.string() + " is not there, or names no library");
      continue;
    }
    const std::string failure = load_failure(library);
    if (failure.empty()) continue;
    r.push_back(sdk::text(file.string(), " names the driver ", library, ", which can't be loaded: ", failure,
                          "; install its package again, or remove that file"));
  }
  return r;
}

std::vector<std::string> idle_cards(const System& system, const std::vector<uint32_t>& shown) {
  std::vector<std::string> r;
  for (const Maker& maker : kMakers) {
    if (std::find(shown.begin(), shown.end(), maker.number) != shown.end()) continue;
    const std::vector<std::string> cards = cards_of(maker, system);
    if (cards.empty()) continue;
    const std::string here = sdk::text(maker.card, " is here (PCI ", joined(cards, ", "), ")");
    r.push_back(has_driver(maker, system) ? here + ", and its OpenCL driver is installed but shows no device of it"
                                          : here + " and has no OpenCL driver; on Debian and Ubuntu: " + maker.remedy);
  }
  return r;
}

std::vector<std::string> closed_files(const System& system) {
  std::map<std::string, std::vector<std::string>> of_group;  // files by group
  std::vector<std::string> of_root;
  for (const fs::path& file : device_files(system)) {
    struct stat status {};
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) == 0 || errno != EACCES) continue;
    if (::stat(file.c_str(), &status) != 0) continue;
    if (status.st_gid != 0 && (status.st_mode & S_IWGRP) != 0) {
      of_group[group_name(status.st_gid)].push_back(file.string());
    } else {
      of_root.push_back(file.string());
    }
  }
  std::vector<std::string> r;
  r.reserve(of_group.size() + 1);
  for (const auto& [group, files] : of_group) {
    r.push_back(sdk::text("this user may not open ", joined(files, ", "), ": the group ", group,
                          " may; sudo usermod -aG ", group, " $USER, then log in again"));
  }
  if (!of_root.empty()) r.push_back("this user may not open " + joined(of_root, ", ") + ", and no group may");
  return r;
}

std::vector<std::string> obstacles(const System& system, const std::vector<uint32_t>& shown) {
  std::vector<std::string> r = broken_drivers(system);
  for (auto& more : {closed_files(system), idle_cards(system, shown)}) r.insert(r.end(), more.begin(), more.end());
  return r;
}

std::string no_driver(const System& system) {
  std::vector<std::string> r{"no OpenCL driver is installed"};
  if (!system.icd_vendors.empty())
    r[0] = "OCL_ICD_VENDORS is " + system.icd_vendors + ", and no OpenCL driver is there";
  if (!icd_files(system).empty()) r[0] = "no OpenCL driver works";
  const std::vector<std::string> found = obstacles(system, {});
  r.insert(r.end(), found.begin(), found.end());
  return joined(r, "; ") + "; for the CPU, on Debian and Ubuntu: apt install pocl-opencl-icd";
}

}  // namespace sateen::opencl
