// Why OpenCL shows no device, or not all of them: drivers, cards and device files as the system has them. OpenCL's
// loader says nothing about any of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sateen::opencl {

/// Where to look.
struct System {
  std::filesystem::path root = "/";
  /// OCL_ICD_VENDORS: a folder of .icd files, one such file, or a driver's library; "": etc/OpenCL/vendors.
  std::string icd_vendors;

  static System here();
};

/// "no OpenCL driver is installed", or what else is wrong where the loader finds none that works.
std::string no_driver(const System& system);

/// A sentence for each .icd file whose library can't be loaded. Loads those that can, as the loader does.
std::vector<std::string> broken_drivers(const System& system);

/// A sentence for each maker of graphics cards of which there is a card but no device. shown: PCI numbers of the makers
/// of the GPUs that OpenCL shows.
std::vector<std::string> idle_cards(const System& system, const std::vector<uint32_t>& shown);

/// A sentence for each group of users that may open a graphics card's files where this user may not.
std::vector<std::string> closed_files(const System& system);

/// All three, in an order to mend them in.
std::vector<std::string> obstacles(const System& system, const std::vector<uint32_t>& shown);

std::string joined(const std::vector<std::string>& sentences, const std::string& between);

}  // namespace sateen::opencl
