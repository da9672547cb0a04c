// Where the programs find Fashion-MNIST.
#pragma once

#include <string>

#include "common/options.hpp"

namespace sateen::app {

/// --data.
Option data_option();

}  // namespace sateen::app
