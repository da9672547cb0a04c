// A look at a data set: the first images of each class.
#include <algorithm>

#include "plots/pictures.hpp"
#include "plots/tiles.hpp"

namespace sateen::app {

Picture images(const Dataset& data, const std::string& of) {
  constexpr size_t kOfEach = 4;
  constexpr size_t kMost = 64;
  constexpr size_t kNameLength = 18;
  const std::vector<std::string>& names = data.class_names();
  std::vector<std::vector<uint32_t>> by_class(names.size());
  for (uint32_t i = 0; i < data.size(); ++i) {
    std::vector<uint32_t>& those = by_class[data.labels()[i]];
    if (those.size() < kOfEach) those.push_back(i);
  }
  std::vector<uint32_t> shown;
  for (const std::vector<uint32_t>& those : by_class) shown.insert(shown.end(), those.begin(), those.end());
  shown.resize(std::min(shown.size(), kMost));
  const auto words = [&](size_t i, const TilePlace& at) {
    return label(names[data.labels()[shown[i]]], plot_number((at.left + at.right) / 2) + "," + plot_number(at.line(0)),
                 std::string("center font ',11' tc rgb '") + kInk + "'", kNameLength);
  };
  return tiles({"images", "The first " + of + " of each class", 1, "there are none"}, shown, data, words);
}

}  // namespace sateen::app
