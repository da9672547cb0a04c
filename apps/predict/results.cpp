// The results on stdout.
#include "predict/results.hpp"

#include <algorithm>
#include <cstdint>

#include "common/program.hpp"
#include "predict/format.hpp"

namespace sateen::app {
namespace {

size_t usual_classes(Results::Format format) {
  constexpr size_t kInText = 3, kInCsv = 1;
  if (format == Results::Format::kText) return kInText;
  return format == Results::Format::kCsv ? kInCsv : SIZE_MAX;
}

}  // namespace

Results::Format Results::format_of(const std::string& name) {
  if (name == "csv") return Format::kCsv;
  if (name == "json") return Format::kJson;
  return name == "jsonl" ? Format::kJsonLines : Format::kText;
}

Results::Results(Format format, std::optional<size_t> classes)
    : format_(format), classes_(classes.value_or(usual_classes(format))) {
  if (format_ == Format::kJson) Program::print("[");
  if (format_ == Format::kCsv) Program::print(csv_header());
}

void Results::add(const Picture& picture, const std::vector<Prediction>& predictions) {
  const std::span<const Prediction> shown(predictions.data(), std::min(classes_, predictions.size()));
  switch (format_) {
    case Format::kText:
      Program::print(as_text(picture, shown) + '\n');
      break;
    case Format::kCsv:
      Program::print(as_csv(picture, shown));
      break;
    case Format::kJson:
      Program::print((first_ ? "\n" : ",\n") + as_json(picture, shown));
      break;
    case Format::kJsonLines:
      Program::print(as_json(picture, shown) + '\n');
      break;
  }
  first_ = false;
}

void Results::end() const {
  if (format_ == Format::kJson) Program::print("\n]\n");
}

}  // namespace sateen::app
