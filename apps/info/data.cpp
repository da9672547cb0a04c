// Laying out what is in a data set.
#include "info/data.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/numbers.hpp"
#include "common/text.hpp"
#include "info/file.hpp"

namespace sateen::app {
namespace {

using Json = nlohmann::ordered_json;

/// How often each value of a byte is there: pixels or labels.
using Counts = std::array<uint64_t, 256>;

Counts count(std::span<const uint8_t> values) {
  Counts counts{};
  for (const uint8_t value : values) ++counts[value];
  return counts;
}

struct PixelRange {
  uint32_t lowest = 0, highest = 0;
  double mean = 0;
};

/// There is an image at least: the reader refuses files without any.
PixelRange pixel_range(const Dataset& data) {
  const Counts counts = count(data.images());
  PixelRange range{255, 0, 0};
  uint64_t sum = 0;
  for (uint32_t value = 0; value < counts.size(); ++value) {
    if (counts[value] == 0) continue;
    range.lowest = std::min(range.lowest, value);
    range.highest = value;
    sum += counts[value] * value;
  }
  range.mean = static_cast<double>(sum) / static_cast<double>(data.images().size());
  return range;
}

std::string part_line(const std::string& name, const Dataset& data) {
  const PixelRange range = pixel_range(data);
  return name + grouped(data.size()) + " images of " + shape_text(data.sample_shape().dims()) + ", pixels from " +
         std::to_string(range.lowest) + " to " + std::to_string(range.highest) + ", mean " + fixed(range.mean, 1) +
         "\n";
}

std::string row(const std::string& name, size_t width, const std::string& train, const std::string& test) {
  const auto right = [](const std::string& cell) {
    constexpr size_t kNumber = 9;
    return std::string(kNumber - std::min(kNumber, cell.size()), ' ') + cell;
  };
  return name + std::string(width - name.size(), ' ') + right(train) + right(test) + "\n";
}

}  // namespace

DataParts load_parts(const std::string& folder, const Program& program) {
  const LogSink log = program.log_sink();
  return {folder, load_fashion_mnist(folder, FashionMnistPart::kTrain, log),
          load_fashion_mnist(folder, FashionMnistPart::kTest, log)};
}

std::string data_as_text(const DataParts& parts) {
  const Counts train = count(parts.train.labels()), test = count(parts.test.labels());
  std::vector<std::string> names;
  size_t width = 0;
  for (const std::string& label : parts.train.class_names()) {
    names.push_back(std::to_string(names.size()) + " " + label);
    width = std::max(width, names.back().size());
  }
  std::string text = one_line("data      " + parts.folder) + "\n" + part_line("train     ", parts.train) +
                     part_line("test      ", parts.test) + "\n" + row("class", width, "train", "test");
  for (size_t i = 0; i < names.size(); ++i) text += row(names[i], width, grouped(train[i]), grouped(test[i]));
  return text;
}

std::string data_as_json(const DataParts& parts) {
  const auto part = [](const Dataset& data) {
    const PixelRange range = pixel_range(data);
    return Json{{"images", data.size()},
                {"lowest", range.lowest},
                {"highest", range.highest},
                {"mean", range.mean},
                {"hash", hash_text(data.hash())}};
  };
  const Counts train = count(parts.train.labels()), test = count(parts.test.labels());
  Json classes = Json::array();
  for (size_t i = 0; i < parts.train.class_names().size(); ++i) {
    classes.push_back({{"index", i}, {"label", parts.train.class_names()[i]}, {"train", train[i]}, {"test", test[i]}});
  }
  const Json all{{"schema", "sateen.data/1"},  {"data", parts.folder},     {"shape", parts.train.sample_shape().dims()},
                 {"train", part(parts.train)}, {"test", part(parts.test)}, {"classes", classes}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sateen::app
