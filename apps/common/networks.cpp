// The table of names and networks.
#include "common/networks.hpp"

#include <array>

#include "sateen/error.hpp"

namespace sateen::app {

namespace {

struct Network {
  const char* name;
  Sequential (*make)();
};

constexpr std::array<Network, 3> kNetworks = {{{"dropout", [] { return fashion_mnist_network(true); }},
                                               {"plain", [] { return fashion_mnist_network(false); }},
                                               {"deep", fashion_mnist_deep_network}}};

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  names.reserve(kNetworks.size());
  for (const Network& known : kNetworks) names.emplace_back(known.name);
  return names;
}

Sequential network(const std::string& name) {
  for (const Network& known : kNetworks) {
    if (known.name == name) return known.make();
  }
  throw Error(ErrorCode::kUsage, "there is no network '" + name + "'");
}

std::optional<std::string> network_name(const Sequential& model) {
  for (const Network& known : kNetworks) {
    if (same_architecture(model, known.make())) return known.name;
  }
  return std::nullopt;
}

}  // namespace sateen::app
