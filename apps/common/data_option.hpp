// Where the programs find Fashion-MNIST.
#pragma once

#include <string>

#include "common/options.hpp"

namespace sateen::app {

Option data_option();

/// What --data says, else SATEEN_DATA, else what a file of --config says, else the package's folder.
std::string data_folder(const Options& options);

}  // namespace sateen::app
