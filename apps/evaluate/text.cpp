// An evaluation for people.
#include "common/text.hpp"

#include <algorithm>

#include "common/numbers.hpp"
#include "evaluate/report.hpp"

namespace sateen::app {
namespace {

constexpr size_t kColumn = 9;  // as scikit-learn has it, and the words of the last two rows
constexpr const char* kMacro = "macro avg";
constexpr const char* kWeighted = "weighted avg";

std::string right(const std::string& text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string left(const std::string& text, size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

std::string cell(const std::string& text) {
  return " " + right(text, kColumn);
}

std::string table(const EvaluationReport& report, const std::vector<std::string>& names, int digits) {
  const Evaluation& evaluation = report.evaluation;
  size_t width = std::string(kWeighted).size();
  for (const std::string& name : names) width = std::max(width, name.size());
  const auto row = [&](const std::string& name, const ClassScores& scores) {
    return right(name, width) + " " + cell(fixed(scores.precision, digits)) + cell(fixed(scores.recall, digits)) +
           cell(fixed(scores.f1, digits)) + cell(std::to_string(scores.support)) + "\n";
  };
  std::string all =
      std::string(width + 1, ' ') + cell("precision") + cell("recall") + cell("f1-score") + cell("support") + "\n\n";
  for (int64_t c = 0; c < evaluation.classes(); ++c) all += row(names[static_cast<size_t>(c)], evaluation.scores(c));
  all += "\n" + right("accuracy", width) + " " + cell("") + cell("") + cell(fixed(evaluation.accuracy(), digits)) +
         cell(std::to_string(evaluation.images())) + "\n";
  return all + row(kMacro, evaluation.macro_average()) + row(kWeighted, evaluation.weighted_average());
}

std::string matrix(const EvaluationReport& report, const std::vector<std::string>& names) {
  const Evaluation& evaluation = report.evaluation;
  const int64_t classes = evaluation.classes();
  size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  const size_t number = std::to_string(classes - 1).size();
  size_t field = number;
  for (int64_t i = 0; i < classes * classes; ++i) {
    field = std::max(field, std::to_string(evaluation.count(i / classes, i % classes)).size());
  }
  std::string all = std::string(number + 1 + width, ' ');
  for (int64_t c = 0; c < classes; ++c) all += "  " + right(std::to_string(c), field);
  all += "\n";
  for (int64_t truth = 0; truth < classes; ++truth) {
    all += right(std::to_string(truth), number) + " " + left(names[static_cast<size_t>(truth)], width);
    for (int64_t said = 0; said < classes; ++said) {
      all += "  " + right(std::to_string(evaluation.count(truth, said)), field);
    }
    all += "\n";
  }
  return all;
}

}  // namespace

std::string as_text(const EvaluationReport& report, int digits) {
  constexpr int kLossDigits = 4;
  const Evaluation& evaluation = report.evaluation;
  std::vector<std::string> names;
  names.reserve(report.class_names.size());
  for (const std::string& name : report.class_names) names.push_back(one_line(name));
  return "loss " + fixed(evaluation.loss(), kLossDigits) + ", accuracy " + fixed(evaluation.accuracy(), kLossDigits) +
         ", over " + grouped(evaluation.images()) + " images" + (report.mirror ? ", each with its mirror image" : "") +
         "\n\n" + table(report, names, digits) +
         "\nWhat pictures are, by row, and what the model says, by column:\n\n" + matrix(report, names);
}

}  // namespace sateen::app
