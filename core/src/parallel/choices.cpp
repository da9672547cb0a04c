// Kernels are tried out by rank 0 alone; devices of its kind take what it chose.
#include "parallel/choices.hpp"

#include <sstream>
#include <vector>

namespace sateen {

std::string kind_of(Device& device) {
  std::string kind = device.info().backend + "\n" + device.info().name + "\n" + device.info().driver;
  for (const auto& [key, value] : device.describe()) {
    if (key == "instruction_set" || key == "kernels") kind += "\n" + value;
  }
  return kind;
}

// The kind, NUL, then keys and values, a line each.

void tell_choices(Communicator& group, Device& device, const ParallelOptions& options) {
  std::string text = kind_of(device) + '\0';
  for (const auto& [key, value] : device.choices()) {
    text += key;
    text += '\n' + value + '\n';
  }
  std::vector<unsigned char> bytes(text.begin(), text.end());
  broadcast(group, bytes, options);
}

void take_choices(Communicator& group, Device& device, const ParallelOptions& options) {
  std::vector<unsigned char> bytes;
  broadcast(group, bytes, options);
  const std::string text(bytes.begin(), bytes.end());
  const size_t end = text.find('\0');
  if (end == std::string::npos || text.substr(0, end) != kind_of(device)) return;
  Choices choices;
  std::istringstream lines(text.substr(end + 1));
  for (std::string key, value; std::getline(lines, key) && std::getline(lines, value);) choices[key] = value;
  device.pin(choices);
}

}  // namespace sateen
