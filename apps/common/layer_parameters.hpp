// How many parameters a layer has.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sateen/model.hpp"

namespace sateen::app {

/// Trainable values of the layer.
uint64_t parameters_of(const Sequential& model, size_t layer);

}  // namespace sateen::app
