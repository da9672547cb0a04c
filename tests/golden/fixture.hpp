// Reads what make_golden.py wrote; the format is at that script's top.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace golden {

/// One file: arrays by name. A missing name, another type or a cut file throws std::exception.
class Fixture {
 public:
  explicit Fixture(const std::filesystem::path& path);
  /// T is float, int32_t, uint8_t or double.
  template <typename T>
  const std::vector<T>& get(const std::string& name) const;

 private:
  std::map<std::string, std::vector<float>> f32_;
  std::map<std::string, std::vector<int32_t>> i32_;
  std::map<std::string, std::vector<uint8_t>> u8_;
  std::map<std::string, std::vector<double>> f64_;
};

}  // namespace golden
