// An evaluation as a table and as JSON.
#pragma once

#include <string>
#include <vector>

#include "sateen/device.hpp"
#include "sateen/evaluation.hpp"

namespace sateen::app {

/// What an evaluation is of.
struct EvaluationReport {
  std::string model, data;  ///< file and folder, as they were given
  std::string part;         ///< "test" or "train"
  DeviceInfo device;
  std::vector<std::string> class_names;
  bool mirror = false;  ///< the mean of each image and its mirror image
  Evaluation evaluation;
};

/// Loss and accuracy, scikit-learn's classification_report with so many digits after the point, and the confusion matrix.
std::string as_text(const EvaluationReport& report, int digits);

/// One object of the schema sateen.evaluate/1, with a line end.
std::string as_json(const EvaluationReport& report);

}  // namespace sateen::app
