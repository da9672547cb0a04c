// What is in a data set, as text and as JSON.
#pragma once

#include <string>

#include "common/program.hpp"
#include "sateen/data.hpp"

namespace sateen::app {

/// Fashion-MNIST's two parts, from one folder.
struct DataParts {
  std::string folder;
  Dataset train, test;
};

/// Throws Error(kBadInput), as load_fashion_mnist does.
DataParts load_parts(const std::string& folder, const Program& program);

std::string data_as_text(const DataParts& parts);
/// One object of the schema "sateen.data/1".
std::string data_as_json(const DataParts& parts);

}  // namespace sateen::app
