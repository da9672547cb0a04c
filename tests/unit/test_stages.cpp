// A pass in stages: what is there after each, and what is refused.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mini_graph.hpp"

using namespace mini;

namespace {

constexpr uint32_t kCount = 5;

/// Three operations in a row: y = leaky(x), z = leaky(y), w = leaky(z), with slopes that halve what is below 0.
struct Chain {
  OpenDevice device;
  MiniGraph graph;
  sateen_program* program = nullptr;
  std::vector<sateen_binding> bound;
  const sateen_stages& stages = *static_cast<const sateen_stages*>(table().extension(SATEEN_STAGES_1));

  Chain() {
    std::vector<uint32_t> tensors;
    std::generate_n(std::back_inserter(tensors), 4, [&] { return graph.external({kCount}); });
    for (size_t i = 0; i < 3; ++i) {
      graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, {tensors[i]}, {tensors[i + 1]}, sateen_leaky_relu_attrs{0.5F});
    }
    const sateen_graph view = graph.view();
    BOOST_REQUIRE(table().compile(device.handle, &view, nullptr, &program) == SATEEN_OK);
    for (int i = 0; i < 4; ++i) {
      sateen_buffer* buffer = nullptr;
      BOOST_REQUIRE(table().buffer_create(device.handle, kCount * sizeof(float), &buffer) == SATEEN_OK);
      bound.push_back({buffer, 0});
    }
    write(0, -8);
    for (size_t i = 1; i < 4; ++i) write(i, 1);
  }
  ~Chain() {
    table().program_destroy(device.handle, program);
    for (const sateen_binding& b : bound) table().buffer_destroy(device.handle, b.buffer);
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  void write(size_t i, float value) {
    const Floats values(kCount, value);
    BOOST_REQUIRE(table().write(device.handle, bound[i].buffer, 0, values.data(), kCount * sizeof(float)) == SATEEN_OK);
  }
  float read(size_t i) {
    Floats values(kCount);
    BOOST_REQUIRE(table().read(device.handle, values.data(), bound[i].buffer, 0, kCount * sizeof(float)) == SATEEN_OK);
    return values.back();
  }
  sateen_status until(uint32_t ops) { return stages.run_until(device.handle, program, bound.data(), 4, ops); }
  sateen_status run() { return table().run(device.handle, program, bound.data(), 4); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stages)

BOOST_AUTO_TEST_CASE(each_stage_does_its_operations_once) {
  Chain chain;
  BOOST_TEST_REQUIRE(chain.stages.struct_size == sizeof(sateen_stages));
  for (int pass = 0; pass < 2; ++pass) {
    for (size_t i = 1; i < 4; ++i) chain.write(i, 1);
    BOOST_TEST_REQUIRE(chain.until(1) == SATEEN_OK);
    BOOST_TEST(chain.read(1) == -4.0F);
    chain.write(1, -2);  // what is written between two stages is what the next one reads
    BOOST_TEST_REQUIRE(chain.until(3) == SATEEN_OK);
    BOOST_TEST(chain.read(1) == -2.0F);
    BOOST_TEST(chain.read(2) == -1.0F);
    BOOST_TEST(chain.read(3) == -0.5F);
  }
}

BOOST_AUTO_TEST_CASE(a_run_ends_a_pass_that_was_left) {
  Chain chain;
  BOOST_TEST_REQUIRE(chain.until(2) == SATEEN_OK);
  BOOST_TEST_REQUIRE(chain.run() == SATEEN_OK);
  chain.write(1, 1);
  BOOST_TEST_REQUIRE(chain.until(1) == SATEEN_OK);  // the first stage again
  BOOST_TEST(chain.read(1) == -4.0F);
}

BOOST_AUTO_TEST_CASE(what_is_no_stage_is_refused) {
  Chain chain;
  BOOST_TEST(chain.until(0) == SATEEN_INVALID);
  BOOST_TEST(chain.until(4) == SATEEN_INVALID);
  BOOST_TEST(chain.device.error().find("0 of 3 operations were submitted") != std::string::npos);
  BOOST_TEST_REQUIRE(chain.until(2) == SATEEN_OK);
  BOOST_TEST(chain.until(2) == SATEEN_INVALID);
  BOOST_TEST(chain.until(1) == SATEEN_INVALID);
  std::vector<sateen_binding> other = chain.bound;
  std::swap(other[2], other[3]);
  BOOST_TEST(chain.stages.run_until(chain.device.handle, chain.program, other.data(), 4, 3) == SATEEN_INVALID);
  BOOST_TEST(chain.device.error().find("same bindings") != std::string::npos);
  BOOST_TEST(chain.stages.run_until(chain.device.handle, nullptr, other.data(), 4, 3) == SATEEN_INVALID);
  BOOST_TEST(chain.stages.run_until(nullptr, chain.program, other.data(), 4, 3) == SATEEN_INVALID);
  BOOST_TEST(chain.until(3) == SATEEN_OK);
}

BOOST_AUTO_TEST_SUITE_END()
