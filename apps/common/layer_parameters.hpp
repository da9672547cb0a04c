// How many parameters a layer has.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sateen/model.hpp"

namespace sateen::app {

/// All values that the layer keeps, trained or not.
uint64_t parameters_of(const Sequential& model, size_t layer);

}  // namespace sateen::app
