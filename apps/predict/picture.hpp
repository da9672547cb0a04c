// A picture on its way from the file to the results.
#pragma once

#include <string>
#include <vector>

#include "sateen/photo.hpp"

namespace sateen::app {

struct Picture {
  std::string file;
  PreparedPhoto prepared;
  std::string saved = {};  ///< the file that --save-preprocessed wrote; empty: none
};

/// A class with its probability.
struct Prediction {
  int index = 0;
  std::string label;
  float probability = 0;
};

}  // namespace sateen::app
