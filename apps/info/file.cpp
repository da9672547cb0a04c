// What a .sateen file holds, as text.
#include "info/file.hpp"

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include "common/augmentation.hpp"
#include "common/layer_parameters.hpp"
#include "common/numbers.hpp"
#include "common/plan_text.hpp"
#include "common/text.hpp"

namespace sateen::app {
namespace {

using Row = std::vector<std::string>;

/// Rows below each other; columns whose heading begins with ">" are numbers, to the right.
std::string table(const std::vector<Row>& rows) {
  std::vector<size_t> width(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string cell = &row == &rows.front() && row[i][0] == '>' ? row[i].substr(1) : row[i];
      const std::string space(width[i] - cell.size(), ' ');
      const bool last = i + 1 == row.size();
      line += rows.front()[i][0] == '>' ? space + cell : last ? hanging(cell, line.size()) : cell + space;
      line += last ? "" : "  ";
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

/// "batch size    64"
std::string named(const std::string& name, const std::string& value) {
  constexpr size_t kWidth = 16;
  return "  " + name + std::string(kWidth - std::min(kWidth - 1, name.size()), ' ') +
         hanging(one_line(value), kWidth + 2) + '\n';
}

std::string architecture(const Sequential& model) {
  std::vector<Row> rows{{"layer", "type", "output", ">parameters", "settings"}};
  for (size_t i = 0; i < model.layer_count(); ++i) {
    rows.push_back({model.layer_name(i), std::string(model.layer(i).type()), shape_text(model.layer_output(i).dims()),
                    grouped(parameters_of(model, i)), settings_text(model.layer(i).attributes())});
  }
  const uint64_t untrained = model.parameter_count() - model.trainable_count();
  return "\nModel of " + shape_text(model.input_shape().dims()) + " pixels, " + grouped(model.parameter_count()) +
         " parameters" + (untrained == 0 ? "" : ", " + grouped(untrained) + " of them not trained") + "\n" +
         table(rows);
}

std::string origin(const ModelFile& file) {
  return "\nOrigin\n" + named("written by", "Sateen " + file.version) + named("data set", hash_text(file.data_hash)) +
         named("seed", std::to_string(file.seed)) +
         named("pixels become", "value x " + general(static_cast<double>(file.preprocessing.scale), 9) + " + " +
                                    general(static_cast<double>(file.preprocessing.shift), 9)) +
         named("labels", joined(file.class_names, ", "));
}

/// "13 choices among variants (--json has them)"
std::string counted_choices(const Choices& choices) {
  return std::to_string(choices.size()) + (choices.size() == 1 ? " choice" : " choices") +
         " among variants (--json has them)";
}

std::string training(const Checkpoint& checkpoint) {
  const TrainState& state = checkpoint.state;
  std::string stands = std::to_string(state.epoch) + " of " + std::to_string(checkpoint.epochs);
  if (state.step != 0) stands += ", and " + grouped(static_cast<uint64_t>(state.step)) + " steps of the next";
  const Adam& adam = checkpoint.adam;
  std::string plan;
  for (const auto& [name, value] : plan_rows(checkpoint)) plan += named(name, value);
  return "\nTraining\n" + named("epochs", stands) +
         named("best epoch", checkpoint.best ? std::to_string(checkpoint.best->epoch) : "none yet") +
         named("batch size", std::to_string(checkpoint.batch_size)) +
         named("held out", general(checkpoint.held_out_share)) +
         (checkpoint.augmentation.any() ? named("augmented", augmentation_text(checkpoint.augmentation)) : "") +
         named("Adam", "learning rate " + general(adam.learning_rate) + ", beta1 " + general(adam.beta1) + ", beta2 " +
                           general(adam.beta2) + ", epsilon " + general(adam.epsilon)) +
         plan + named("device", checkpoint.device) +
         (checkpoint.choices.empty() ? "" : named("kernels", counted_choices(checkpoint.choices)));
}

std::string history(const Checkpoint& checkpoint) {
  constexpr int kDigits = 6;
  std::vector<Row> rows{{">epoch", ">loss", ">acc", ">val_loss", ">val_acc", ">lr", " "}};
  for (const EpochRecord& epoch : checkpoint.history) {
    const bool held_out = epoch.held_out.images != 0;
    const bool best = checkpoint.best && checkpoint.best->epoch == epoch.epoch;
    rows.push_back({std::to_string(epoch.epoch), general(epoch.train.loss, kDigits),
                    general(epoch.train.accuracy, kDigits), held_out ? general(epoch.held_out.loss, kDigits) : "",
                    held_out ? general(epoch.held_out.accuracy, kDigits) : "", general(epoch.learning_rate, kDigits),
                    best ? "best" : ""});
  }
  return "\nHistory\n" + table(rows);
}

std::string checksums(const FileSummary& file) {
  std::vector<Row> rows{{"tensor", "type", "shape", ">bytes", "XXH3-64"}};
  rows.push_back({"(header)", "json", "", "", hash_text(file.header_hash)});
  for (const TensorSummary& tensor : file.tensors) {
    rows.push_back({tensor.name, dtype_name(tensor.dtype), shape_text(tensor.shape), grouped(tensor.bytes),
                    hash_text(tensor.hash)});
  }
  return "\nChecksums\n" + table(rows);
}

}  // namespace

std::string settings_text(const Attributes& attributes) {
  struct Text {
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return general(value); }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(const std::vector<int64_t>& value) const { return shape_text(value); }
  };
  std::string text;
  for (const auto& [name, value] : attributes) {
    text += (text.empty() ? "" : " ") + name + "=" + std::visit(Text{}, value);
  }
  return text;
}

std::string shape_text(std::span<const int64_t> dims) {
  std::string text;
  for (const int64_t dim : dims) text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text;
}

const char* dtype_name(DType dtype) {
  return dtype == DType::kF32 ? "f32" : dtype == DType::kI32 ? "i32" : "u8";
}

std::string file_in_a_line(const std::filesystem::path& path, const FileSummary& file) {
  return one_line(path.string()) + ": a " + (file.checkpoint() != nullptr ? "checkpoint" : "model") + ", format " +
         std::to_string(file.major) + "." + std::to_string(file.minor) + ", " + grouped(file.bytes) +
         " bytes, all checksums right\n";
}

std::string file_as_text(const std::filesystem::path& path, const FileSummary& file) {
  std::string text = file_in_a_line(path, file) + architecture(file.model().model) + origin(file.model());
  if (const Checkpoint* checkpoint = file.checkpoint()) {
    text += training(*checkpoint);
    if (!checkpoint->history.empty()) text += history(*checkpoint);
  }
  return text + checksums(file);
}

}  // namespace sateen::app
