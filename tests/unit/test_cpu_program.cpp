// What the cpu backend makes of a graph beyond its single operations: fusion, packed weights, refusals while running.
#define BOOST_TEST_DYN_LINK
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mini_graph.hpp"

namespace {

using namespace mini;

}  // namespace

BOOST_AUTO_TEST_SUITE(cpu_program)

BOOST_AUTO_TEST_CASE(fused_activation) {
  const OpenDevice device;
  constexpr int64_t kSize = 70;
  constexpr size_t kWidth = kSize;
  for (const bool alone : {true, false}) {
    MiniGraph g;
    const Dims square = {kSize, kSize};
    const uint32_t start = g.external(square), weights = g.external(square), bias = g.external({kSize});
    const uint32_t out = g.external(square);
    const uint32_t again = alone ? SATEEN_NONE : g.external(square);
    const uint32_t src = g.value(square), value = g.value(square), activated = g.value(square);
    g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {start}, {src}, sateen_leaky_relu_attrs{1.0F});
    g.op(SATEEN_OP_DENSE_FORWARD, {src, weights, bias}, {value});
    g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {value}, {activated}, sateen_leaky_relu_attrs{0.5F});
    if (!alone) g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {value}, {again}, sateen_leaky_relu_attrs{1.0F});
    g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {activated}, {out}, sateen_leaky_relu_attrs{1.0F});
    const Floats x = numbers(kSize * kSize, 1), w = numbers(kSize * kSize, 2), b = numbers(kSize, 3);
    std::vector<std::vector<unsigned char>> values = {bytes(x), bytes(w), bytes(b), bytes(x)};
    if (!alone) values.push_back(bytes(x));
    const auto r = run(device, g, values, 2);
    std::vector<double> plain(x.size()), expected(x.size());
    for (size_t i = 0; i < plain.size(); ++i) {
      plain[i] = b[i % kWidth];
      for (size_t k = 0; k < kWidth; ++k) plain[i] += double{x[i / kWidth * kWidth + k]} * w[k * kWidth + i % kWidth];
      expected[i] = plain[i] > 0 ? plain[i] : 0.5 * plain[i];
    }
    check_close(floats(r[3]), expected, 1e-4, "activated");
    if (!alone) check_close(floats(r[4]), plain, 1e-4, "the value itself");
  }
}

BOOST_AUTO_TEST_CASE(an_activation_into_the_same_storage) {
  const OpenDevice device;
  MiniGraph g;
  const uint32_t src = g.external({2, 3}), weights = g.external({3, 4}), out = g.external({2, 4});
  const uint32_t value = g.value({2, 4});
  g.storages[g.tensors[value].storage].bytes = 128;
  g.tensors.push_back(g.tensors[value]);  // a second tensor in the storage, behind the first
  const auto activated = static_cast<uint32_t>(g.tensors.size() - 1);
  g.tensors[activated].offset = 64;
  g.op(SATEEN_OP_DENSE_FORWARD, {src, weights, SATEEN_NONE}, {value});
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {value}, {activated}, sateen_leaky_relu_attrs{0.5F});
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {activated}, {out}, sateen_leaky_relu_attrs{1.0F});
  const Floats x = numbers(6, 1), w = numbers(12, 2);
  const auto r = run(device, g, {bytes(x), bytes(w), bytes(Floats(8))});
  std::vector<double> expected(8);
  for (size_t i = 0; i < 8; ++i) {
    for (size_t k = 0; k < 3; ++k) expected[i] += double{x[i / 4 * 3 + k]} * w[k * 4 + i % 4];
    if (expected[i] <= 0) expected[i] *= 0.5;
  }
  check_close(floats(r[2]), expected, 1e-5, "activated");
}

BOOST_AUTO_TEST_CASE(weights_are_read_anew_at_every_run_unless_frozen) {
  const OpenDevice device;
  for (const uint32_t flags : {0U, SATEEN_STORAGE_FROZEN}) {
    MiniGraph g;
    const uint32_t src = g.external({1, 1}), weights = g.external({1, 1}), dst = g.external({1, 1});
    g.storages[weights].flags = flags;
    g.op(SATEEN_OP_DENSE_FORWARD, {src, weights, SATEEN_NONE}, {dst});
    const sateen_graph view = g.view();
    sateen_program* program = nullptr;
    sateen_buffer* buffer = nullptr;
    BOOST_REQUIRE(table().compile(device.handle, &view, nullptr, &program) == SATEEN_OK);
    BOOST_REQUIRE(table().buffer_create(device.handle, 256, &buffer) == SATEEN_OK);
    const sateen_binding bound[] = {{buffer, 0}, {buffer, 64}, {buffer, 128}};
    for (const float x : {3.0F, 4.0F}) {
      const float w = flags == 0 ? x + 1 : 7;
      table().write(device.handle, buffer, 0, &x, sizeof(x));
      table().write(device.handle, buffer, 64, &w, sizeof(w));
      BOOST_REQUIRE(table().run(device.handle, program, bound, 3) == SATEEN_OK);
      float y = 0;
      BOOST_REQUIRE(table().read(device.handle, &y, buffer, 128, sizeof(y)) == SATEEN_OK);
      BOOST_TEST(y == x * w);
    }
    table().program_destroy(device.handle, program);
    table().buffer_destroy(device.handle, buffer);
  }
}

BOOST_AUTO_TEST_CASE(a_cursor_out_of_range_is_refused) {
  const OpenDevice device;
  for (const int32_t row : {-1, 3, 1000000}) {
    MiniGraph g;
    const uint32_t data = g.external({4}), indices = g.external({6}, SATEEN_I32), cursor = g.external({2}, SATEEN_I32);
    const uint32_t batch = g.external({2});
    g.op(SATEEN_OP_GATHER, {data, indices, cursor}, {batch}, sateen_gather_attrs{1, 0});
    const sateen_graph view = g.view();
    sateen_program* program = nullptr;
    BOOST_REQUIRE(table().compile(device.handle, &view, nullptr, &program) == SATEEN_OK);
    sateen_buffer* buffer = nullptr;
    BOOST_REQUIRE(table().buffer_create(device.handle, 1024, &buffer) == SATEEN_OK);
    const int32_t numbers_at[] = {row, 0};
    table().write(device.handle, buffer, 128, numbers_at, sizeof(numbers_at));
    const sateen_binding bound[] = {{buffer, 0}, {buffer, 64}, {buffer, 128}, {buffer, 192}};
    BOOST_TEST(table().run(device.handle, program, bound, 4) == SATEEN_INVALID);
    BOOST_TEST(device.error().find("op0") != std::string::npos);
    BOOST_TEST(table().finish(device.handle) == SATEEN_OK);
    table().program_destroy(device.handle, program);
    table().buffer_destroy(device.handle, buffer);
  }
}

BOOST_AUTO_TEST_SUITE_END()
