// The seeds of a target as files.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "target.hpp"

namespace sateen::fuzz {

/// Into a folder that is made anew: what was in it is removed.
inline void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  size_t number = 0;
  for (const Input& seed : seeds()) {
    std::ofstream file(folder / ("seed-" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
    if (!file.flush()) throw std::runtime_error("can't write seeds to " + folder.string());
  }
}

}  // namespace sateen::fuzz
