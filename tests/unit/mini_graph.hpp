// A graph in the making, an open device and buffers on the contract's bare table, for tests of the cpu backend and the
// SDK.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "sateen/backend.h"
#include "sateen/sdk/graph_view.hpp"

extern "C" const sateen_backend* sateen_cpu_entry(uint32_t host_major, uint32_t host_minor);

namespace mini {

using Floats = std::vector<float>;
using Dims = std::vector<int64_t>;

inline const sateen_backend& table() {
  return *sateen_cpu_entry(SATEEN_ABI_MAJOR, SATEEN_ABI_MINOR);
}

inline const sateen_host kHost = {
    sizeof(sateen_host), SATEEN_ABI_MAJOR, SATEEN_ABI_MINOR, 0, nullptr, nullptr, nullptr};

struct OpenDevice {
  sateen_device* handle = nullptr;
  explicit OpenDevice(std::vector<const char*> options = {}) {
    options.push_back(nullptr);
    BOOST_REQUIRE(table().device_open(0, options.data(), &kHost, &handle) == SATEEN_OK);
  }
  ~OpenDevice() { table().device_close(handle); }
  OpenDevice(const OpenDevice&) = delete;
  OpenDevice& operator=(const OpenDevice&) = delete;
  std::string error() const { return table().last_error(handle); }
};

/// A graph in the making, without core's help.
struct MiniGraph {
  std::vector<sateen_storage> storages;
  std::vector<sateen_tensor> tensors;
  std::vector<sateen_op> ops;
  std::deque<std::vector<uint32_t>> places;
  std::deque<std::vector<unsigned char>> attrs;
  std::deque<std::string> names;

  uint32_t tensor(uint32_t role, const Dims& dims, uint32_t dtype = SATEEN_F32) {
    sateen_tensor t{};
    t.dtype = dtype;
    t.storage = static_cast<uint32_t>(storages.size());
    t.rank = static_cast<uint32_t>(dims.size());
    uint64_t bytes = sateen::sdk::size_of(dtype);
    for (size_t i = 0; i < dims.size(); ++i) {
      t.dim[i] = dims[i];
      bytes *= static_cast<uint64_t>(dims[i]);
    }
    storages.push_back({role, 0, bytes});
    tensors.push_back(t);
    return static_cast<uint32_t>(tensors.size() - 1);
  }
  uint32_t external(const Dims& dims, uint32_t dtype = SATEEN_F32) {
    return tensor(SATEEN_STORAGE_EXTERNAL, dims, dtype);
  }
  uint32_t value(const Dims& dims) { return tensor(SATEEN_STORAGE_INTERMEDIATE, dims); }

  template <typename Attrs>
  void op(uint32_t kind, const std::vector<uint32_t>& src, const std::vector<uint32_t>& dst, const Attrs& a) {
    op(kind, src, dst);
    attrs.emplace_back(sizeof(Attrs));
    std::memcpy(attrs.back().data(), &a, sizeof(Attrs));
    ops.back().attrs = attrs.back().data();
    ops.back().attrs_size = sizeof(Attrs);
  }
  void op(uint32_t kind, const std::vector<uint32_t>& src, const std::vector<uint32_t>& dst) {
    names.push_back("op" + std::to_string(ops.size()));
    places.push_back(src);
    const uint32_t* s = places.back().data();
    places.push_back(dst);
    const uint32_t* d = places.back().data();
    ops.push_back({kind, static_cast<uint32_t>(src.size()), static_cast<uint32_t>(dst.size()), 0, s, d, nullptr,
                   names.back().c_str()});
  }
  sateen_graph view() const {
    return {sizeof(sateen_graph),
            0,
            SATEEN_MATH_F32,
            0,
            static_cast<uint32_t>(storages.size()),
            sizeof(sateen_storage),
            static_cast<uint32_t>(tensors.size()),
            sizeof(sateen_tensor),
            static_cast<uint32_t>(ops.size()),
            sizeof(sateen_op),
            storages.data(),
            tensors.data(),
            ops.data()};
  }
};

/// Runs a graph whose external storages begin as `values` (bytes) and returns what they are afterwards.
inline std::vector<std::vector<unsigned char>> run(const OpenDevice& device, const MiniGraph& g,
                                                   std::vector<std::vector<unsigned char>> values, int times = 1) {
  const sateen_graph view = g.view();
  sateen_program* program = nullptr;
  BOOST_REQUIRE_MESSAGE(table().compile(device.handle, &view, nullptr, &program) == SATEEN_OK, device.error());
  std::vector<sateen_binding> bound;
  for (const auto& v : values) {
    sateen_buffer* buffer = nullptr;
    BOOST_REQUIRE(table().buffer_create(device.handle, v.size(), &buffer) == SATEEN_OK);
    BOOST_REQUIRE(table().write(device.handle, buffer, 0, v.data(), v.size()) == SATEEN_OK);
    bound.push_back({buffer, 0});
  }
  for (int i = 0; i < times; ++i) {
    BOOST_REQUIRE_MESSAGE(
        table().run(device.handle, program, bound.data(), static_cast<uint32_t>(bound.size())) == SATEEN_OK,
        device.error());
  }
  for (size_t i = 0; i < values.size(); ++i) {
    BOOST_REQUIRE(table().read(device.handle, values[i].data(), bound[i].buffer, 0, values[i].size()) == SATEEN_OK);
    table().buffer_destroy(device.handle, bound[i].buffer);
  }
  table().program_destroy(device.handle, program);
  return values;
}

template <typename T>
std::vector<unsigned char> bytes(const std::vector<T>& v) {
  std::vector<unsigned char> r(v.size() * sizeof(T));
  std::memcpy(r.data(), v.data(), r.size());
  return r;
}
inline Floats floats(const std::vector<unsigned char>& v) {
  Floats r(v.size() / sizeof(float));
  std::memcpy(r.data(), v.data(), v.size());
  return r;
}

/// Numbers in −1 … 1, the same everywhere.
inline Floats numbers(int64_t n, uint32_t seed) {
  Floats r(static_cast<size_t>(n));
  uint32_t state = seed * 2654435761U + 12345U;
  for (float& x : r) {
    state = state * 1664525U + 1013904223U;
    x = static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
  }
  return r;
}

inline void check_close(const Floats& got, const std::vector<double>& expected, double tolerance,
                        const std::string& what) {
  BOOST_REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    if (std::fabs(static_cast<double>(got[i]) - expected[i]) <= tolerance) continue;
    BOOST_TEST_ERROR(what << " element " << i << " is " << got[i] << ", not " << expected[i]);
    return;
  }
}

}  // namespace mini
