// Timing operations one at a time.
#include "conformance/speed.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/numbers.hpp"
#include "common/program.hpp"
#include "conformance/pieces.hpp"
#include "conformance/replay_inputs.hpp"
#include "suite.hpp"
#include "target.hpp"

namespace sateen::app {
namespace {

using Clock = std::chrono::steady_clock;

/// The operation alone, each tensor in a storage of its own.
Graph graph_of(const conformance::OpCase& c, uint32_t alignment) {
  Graph graph(alignment);
  std::vector<TensorId> src, dst;
  const auto place = [&](const conformance::Argument& a) {
    return a.present ? graph.tensor(a.dtype, Shape(a.dims), graph.external(a.bytes())) : TensorId{};
  };
  for (const conformance::Argument& a : c.src) src.push_back(place(a));
  for (const conformance::Argument& a : c.dst) {
    dst.push_back(a.same_as >= 0 ? src[static_cast<size_t>(a.same_as)] : place(a));
  }
  c.emit(graph, src, dst);
  return graph;
}

/// What it has to read and write at the least.
double bytes_of(const conformance::OpCase& c) {
  double bytes = 0;
  for (const auto* arguments : {&c.src, &c.dst}) {
    for (const conformance::Argument& a : *arguments) bytes += a.present ? static_cast<double>(a.bytes()) : 0;
  }
  return bytes;
}

/// The median time of a run, in seconds; 0 where the device lacks the operation. Of runs that are short, so many are
/// submitted at once that waiting for them is little beside them.
double seconds_of(Device& device, const conformance::OpCase& c, const conformance::CaseList& rules, uint64_t runs) {
  constexpr double kLong = 2e-3;
  constexpr double kMostAtOnce = 200;
  Graph graph = graph_of(c, device.info().alignment);
  sateen::Program program = device.compile(graph);
  if (program.fallback_ops() > 0) return 0;
  std::vector<Buffer> buffers;
  for (const auto& [storage, bytes] : draw_inputs(graph.c_graph(), rules, 1)) {
    buffers.push_back(device.create_buffer(bytes.data(), bytes.size()));
  }
  const std::vector<Binding> bindings(buffers.begin(), buffers.end());
  const auto time = [&](uint64_t times) {
    const Clock::time_point start = Clock::now();
    for (uint64_t i = 0; i < times; ++i) program.run(bindings);
    device.finish();
    return std::chrono::duration<double>(Clock::now() - start).count() / static_cast<double>(times);
  };
  time(1);  // a driver may compile in it
  const double once = std::min(time(1), time(1));
  const auto at_once = static_cast<uint64_t>(std::clamp(std::ceil(kLong / std::max(once, 1e-9)), 1.0, kMostAtOnce));
  std::vector<double> times;
  for (uint64_t i = 0; i < runs; ++i) times.push_back(time(at_once));
  return median(std::move(times));
}

std::string right(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

/// Three digits that count, as far as they are before the point.
std::string figure(double value) {
  return fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

constexpr size_t kName = 38, kColumn = 8;

void print_line(const conformance::SpeedCase& c, double bytes, double seconds, double on_cpu) {
  std::string line = "  " + c.name;
  line.resize(std::max(kName, line.size()), ' ');
  if (seconds > 0) {
    line += right(fixed(1e3 * seconds, 3), kColumn + 1);
    line += right(c.flops > 0 ? figure(c.flops / seconds / 1e9) : "-", kColumn);
    line += right(figure(bytes / seconds / 1e9), kColumn) + right(fixed(1e3 * on_cpu, 3), kColumn + 1);
    line += right(figure(on_cpu / seconds), kColumn - 1);
  } else {
    line += "  the device lacks it";
  }
  Program::print(line + "\n");
  Program::flush();
}

}  // namespace

size_t measure_speed(const std::function<bool(const std::string& name)>& takes, uint64_t runs) {
  Device& device = conformance::target().device();
  Device cpu = Registry(Registry::Options{{}, false, {}}).open("cpu");
  const conformance::CaseList list = conformance::all_cases();
  size_t lines = 0;
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind) {
    bool titled = false;
    for (const conformance::SpeedCase& c : list.speeds()) {
      if (c.kind != kind || !takes(conformance::op_name(kind) + ("/" + c.name))) continue;
      if (!titled) {
        std::string title = conformance::op_name(kind);
        title.resize(kName, ' ');
        Program::print(title + right("ms", kColumn + 1) + right("GFLOP/s", kColumn) + right("GB/s", kColumn) +
                       right("cpu ms", kColumn + 1) + right("x cpu", kColumn - 1) + "\n");
        titled = true;
      }
      const conformance::OpCase built = c.build();
      print_line(c, bytes_of(built), seconds_of(device, built, list, runs), seconds_of(cpu, built, list, runs));
      ++lines;
    }
  }
  return lines;
}

}  // namespace sateen::app
