// From a picture's file to what the network takes.
#pragma once

#include <string>

#include "predict/picture.hpp"
#include "sateen/photo.hpp"
#include "sateen/shape.hpp"

namespace sateen::app {

/// Pictures as a model wants them.
class Reader {
 public:
  /// Throws Error(kBadInput) naming the model where it takes no grey pictures.
  Reader(const Shape& input, const std::string& model, Inversion inversion);

  /// Throws Error(kBadInput) and Error(kNoMemory) naming the file.
  Picture read(const std::string& file) const;

 private:
  PhotoOptions options_;
};

}  // namespace sateen::app
