// The networks of --model, by their names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sateen/model.hpp"

namespace sateen::app {

/// "dropout", "plain", "deep"
std::vector<std::string> network_names();

/// The network of that name, weights zero. Throws Error(kUsage) for another name.
Sequential network(const std::string& name);

/// The name of the network with these layers, whatever its weights; nothing where there is none.
std::optional<std::string> network_name(const Sequential& model);

}  // namespace sateen::app
