// The smallest program there is: it counts its runs.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sateen/device.hpp"

namespace sateen::app {

class CountingProgram {
 public:
  explicit CountingProgram(Device& device)
      : device_(device), count_(device.create_buffer(2 * sizeof(int32_t))), program_(compile(device, count_)) {
    count_.write(std::array<int32_t, 2>{});
  }

  void run() { program_.run(bindings_); }
  /// Element 1 is the count.
  Event read_async(std::array<int32_t, 2>& to) { return device_.read_async(to.data(), count_, sizeof to); }
  /// Waits for the runs so far.
  int32_t count() const { return count_.read_as<int32_t>().at(1); }
  const Program& program() const { return program_; }

 private:
  static Program compile(Device& device, const Buffer& buffer) {
    Graph graph(device.info().alignment);
    const TensorId cursor = graph.tensor(DType::kI32, Shape{2}, graph.external(buffer.size()));
    graph.op(SATEEN_OP_ADVANCE, "count", {cursor}, {cursor});
    return device.compile(graph);
  }

  Device& device_;
  Buffer count_;
  Program program_;
  std::vector<Binding> bindings_{count_};
};

}  // namespace sateen::app
