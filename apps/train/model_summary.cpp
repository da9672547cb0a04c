// Laying out the summary.
#include "train/model_summary.hpp"

#include <algorithm>
#include <array>

#include "common/layer_parameters.hpp"
#include "common/numbers.hpp"

namespace sateen::app {
namespace {

constexpr size_t kWidth = 65;  // Keras's own, and where its columns begin
constexpr std::array<size_t, 3> kColumns = {1, 29, 55};

std::string row(const std::array<std::string, 3>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    line.resize(std::max(line.size() + (i == 0 ? 0 : 1), kColumns[i]), ' ');
    line += cells[i];
  }
  return line + "\n";
}

std::string shape_of_batch(const Shape& shape) {
  std::string text = "(None";
  for (const int64_t dim : shape.dims()) text += ", " + std::to_string(dim);
  return text + ")";
}

}  // namespace

std::string model_summary(const std::string& name, const Sequential& model) {
  const std::string rule = std::string(kWidth, '_') + "\n";
  const std::string double_rule = std::string(kWidth, '=') + "\n";
  std::string text =
      "Model: \"" + name + "\"\n" + rule + row({"Layer (type)", "Output Shape", "Param #"}) + double_rule;
  for (size_t i = 0; i < model.layer_count(); ++i) {
    text += row({model.layer_name(i) + " (" + std::string(model.layer(i).type()) + ")",
                 shape_of_batch(model.layer_output(i)), grouped(parameters_of(model, i))});
  }
  const uint64_t all = model.parameter_count();
  const uint64_t trainable = model.trainable_count();
  return text + double_rule + "Total params: " + grouped(all) + "\nTrainable params: " + grouped(trainable) +
         "\nNon-trainable params: " + grouped(all - trainable) + "\n";
}

}  // namespace sateen::app
