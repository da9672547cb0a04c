// A network's layers in the columns of Keras's summary.
#pragma once

#include <string>

#include "sateen/model.hpp"

namespace sateen::app {

/// Lines of at most 80 columns, each with its end. "None" stands for the images of a batch.
std::string model_summary(const std::string& name, const Sequential& model);

}  // namespace sateen::app
