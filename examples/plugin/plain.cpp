// A backend in one file: dense layers and LeakyReLU in plain loops. What it leaves out runs on cpu.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sateen/sdk/adaptor.hpp"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/host_device.hpp"
#include "sateen/sdk/timed_steps.hpp"

namespace {

namespace sdk = sateen::sdk;

/// Where each storage of a graph lies in the run under way.
using Addresses = std::vector<unsigned char*>;

/// A tensor of a graph: its place, and its values once the storages have addresses.
struct Values {
  size_t storage = 0;
  uint64_t offset = 0;

  explicit Values(const sdk::Tensor& tensor) : storage(tensor.storage), offset(tensor.offset) {}
  float* operator()(const Addresses& at) const { return reinterpret_cast<float*>(at[storage] + offset); }
};

/// A prepared operation.
using Step = std::function<void(const Addresses&)>;

/// Rows, inputs and outputs of a dense layer.
struct DenseShape {
  int64_t rows, inputs, outputs;
};

// dst[n][o] = bias[o] + Σ over i of src[n][i] · weights[i][o]
Step dense_forward(DenseShape s, Values src, Values weights, const sdk::Tensor* bias, Values dst) {
  return [=, b = Values(bias != nullptr ? *bias : sdk::Tensor{}), has_bias = bias != nullptr](const Addresses& at) {
    for (int64_t n = 0; n < s.rows; ++n) {
      float* row = dst(at) + n * s.outputs;
      for (int64_t o = 0; o < s.outputs; ++o) row[o] = has_bias ? b(at)[o] : 0.0F;
      for (int64_t i = 0; i < s.inputs; ++i) {
        const float x = src(at)[n * s.inputs + i];
        const float* w = weights(at) + i * s.outputs;
        for (int64_t o = 0; o < s.outputs; ++o) row[o] += x * w[o];
      }
    }
  };
}

// diff_src[n][i] = Σ over o of diff_dst[n][o] · weights[i][o]
Step dense_backward_data(DenseShape s, Values diff_dst, Values weights, Values diff_src) {
  return [=](const Addresses& at) {
    for (int64_t n = 0; n < s.rows; ++n) {
      const float* diff = diff_dst(at) + n * s.outputs;
      for (int64_t i = 0; i < s.inputs; ++i) {
        const float* w = weights(at) + i * s.outputs;
        float sum = 0;
        for (int64_t o = 0; o < s.outputs; ++o) sum += diff[o] * w[o];
        diff_src(at)[n * s.inputs + i] = sum;
      }
    }
  };
}

// diff_weights[i][o] = Σ over n of src[n][i] · diff_dst[n][o]; diff_bias[o] = Σ over n of diff_dst[n][o]
Step dense_backward_weights(DenseShape s, Values src, Values diff_dst, Values diff_weights, const sdk::Tensor* bias) {
  return [=, b = Values(bias != nullptr ? *bias : sdk::Tensor{}), has_bias = bias != nullptr](const Addresses& at) {
    std::fill_n(diff_weights(at), s.inputs * s.outputs, 0.0F);
    if (has_bias) std::fill_n(b(at), s.outputs, 0.0F);
    for (int64_t n = 0; n < s.rows; ++n) {
      const float* diff = diff_dst(at) + n * s.outputs;
      for (int64_t i = 0; i < s.inputs; ++i) {
        const float x = src(at)[n * s.inputs + i];
        float* w = diff_weights(at) + i * s.outputs;
        for (int64_t o = 0; o < s.outputs; ++o) w[o] += x * diff[o];
      }
      for (int64_t o = 0; has_bias && o < s.outputs; ++o) b(at)[o] += diff[o];
    }
  };
}

// dst = sign > 0 ? value : alpha · value; forward, sign and value are the source, backward the result and its gradient
Step leaky_relu(uint64_t elements, float alpha, Values sign, Values value, Values dst) {
  return [=](const Addresses& at) {
    for (uint64_t e = 0; e < elements; ++e) {
      dst(at)[e] = sign(at)[e] > 0 ? value(at)[e] : alpha * value(at)[e];
    }
  };
}

/// The operation's step; an empty one where this backend lacks it.
Step make_step(const sdk::GraphView& graph, const sdk::Op& op) {
  const auto src = [&](size_t i) { return *graph.src(op, i); };
  const auto dst = [&](size_t i) { return *graph.dst(op, i); };
  const auto values = [](const sdk::Tensor& tensor) { return Values(tensor); };
  const auto shape = [](const sdk::Tensor& of_src, const sdk::Tensor& weights) {
    return DenseShape{of_src.dim[0], weights.dim[0], weights.dim[1]};
  };
  switch (op.kind) {
    case SATEEN_OP_DENSE_FORWARD:
      return dense_forward(shape(src(0), src(1)), values(src(0)), values(src(1)), graph.src(op, 2), values(dst(0)));
    case SATEEN_OP_DENSE_BACKWARD_DATA:
      return dense_backward_data(shape(src(0), src(1)), values(src(0)), values(src(1)), values(dst(0)));
    case SATEEN_OP_DENSE_BACKWARD_WEIGHTS:
      return dense_backward_weights(shape(src(0), dst(0)), values(src(0)), values(src(1)), values(dst(0)),
                                    graph.dst(op, 1));
    case SATEEN_OP_LEAKY_RELU_FORWARD:
    case SATEEN_OP_LEAKY_RELU_BACKWARD:
      return leaky_relu(dst(0).elements, op.attributes<sateen_leaky_relu_attrs>().alpha, values(src(0)),
                        values(src(op.src.size() - 1)), values(dst(0)));
    default:
      return {};
  }
}

struct Plain {
  static constexpr const char* kName = "plain";
  static constexpr const char* kVersion = "1.0";

  using Buffer = sdk::HostBuffer;
  using Event = sdk::DoneEvent;

  struct Program : sdk::TimedSteps<Step> {
    Addresses addresses;            // of every storage
    std::vector<size_t> externals;  // which of them are bound at run
    sdk::HostMemory arena;          // the others lie in it
  };

  struct Device : sdk::HostDevice {
    bool profile = false;

    static std::string unsupported(const sdk::GraphView& graph, const sdk::Op& op) {
      return make_step(graph, op) ? "" : "this backend has dense layers and LeakyReLU alone";
    }

    static std::unique_ptr<Program> compile(const sdk::GraphView& graph) {
      auto program = std::make_unique<Program>();
      const sdk::ArenaPlan plan = sdk::plan_arena(sdk::intermediate_requests(graph), sdk::kHostAlignment);
      program->arena = sdk::HostMemory(plan.bytes);
      for (size_t i = 0; i < graph.storages().size(); ++i) {
        if (graph.storages()[i].external()) program->externals.push_back(i);
        program->addresses.push_back(program->arena.data() + plan.offset[i]);
      }
      for (const sdk::Op& op : graph.ops()) program->add(op.name, make_step(graph, op));
      return program;
    }

    void run(Program& program, const sdk::Bound<Buffer>* bound, size_t n) const {
      for (size_t i = 0; i < n; ++i) {
        program.addresses[program.externals[i]] = bound[i].buffer->memory.data() + bound[i].offset;
      }
      program.run_steps(program.addresses, profile);
    }
  };

  static uint32_t device_count() { return 1; }

  static const sateen_device_info& device_info(uint32_t /*index*/) {
    constexpr uint64_t kMemory = uint64_t{1} << 33;
    static constexpr sateen_device_info kInfo = {
        sizeof(kInfo), SATEEN_DEVICE_OTHER, sdk::kHostAlignment, 0,        kMemory, kMemory,
        "plain",       "plain loops",       "Sateen's examples", kVersion,
    };
    return kInfo;
  }

  static std::unique_ptr<Device> open(uint32_t /*index*/, sdk::Options options, sdk::Host /*host*/) {
    auto device = std::make_unique<Device>();
    device->profile = options.take_flag("profile");
    options.finish();
    return device;
  }
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const sateen_backend* sateen_backend_entry(uint32_t host_major,
                                                                                             uint32_t host_minor) {
  return sdk::Adaptor<Plain>::entry(host_major, host_minor);
}
