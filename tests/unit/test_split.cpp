// Sets of bytes, and cutting graphs into parts.
#define BOOST_TEST_DYN_LINK
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/byte_ranges.hpp"
#include "graph/crossing.hpp"
#include "graph/split.hpp"
#include "sateen/graph.hpp"
#include "sateen/random.hpp"

using namespace sateen;

BOOST_TEST_DONT_PRINT_LOG_VALUE(std::vector<ByteRange>)

namespace {

/// The same set, a truth value a byte.
struct Plain {
  std::vector<bool> in = std::vector<bool>(64);

  void set(ByteRange range, bool value) {
    for (uint64_t i = range.begin; i < range.end; ++i) in[i] = value;
  }
  std::vector<ByteRange> parts(ByteRange range, bool value) const {
    std::vector<ByteRange> parts;
    for (uint64_t i = range.begin; i < range.end; ++i) {
      if (in[i] != value) continue;
      if (parts.empty() || parts.back().end != i) parts.push_back({i, i});
      ++parts.back().end;
    }
    return parts;
  }
};

const Shape kRow{16};
constexpr uint64_t kRowBytes = 64;
const sateen_leaky_relu_attrs kHalf{0.5F};

}  // namespace

BOOST_AUTO_TEST_SUITE(split_graphs)

BOOST_AUTO_TEST_CASE(sets_of_bytes) {
  RandomStream random(3, 1);
  ByteRanges ranges;
  Plain plain;
  for (int i = 0; i < 2000; ++i) {
    const uint64_t a = random.below(65), b = random.below(65);
    const ByteRange range{std::min(a, b), std::max(a, b)};
    const bool add = random.below(2) == 0;
    add ? ranges.add(range) : ranges.remove(range);
    plain.set(range, add);
    BOOST_REQUIRE(ranges.all() == plain.parts({0, 64}, true));
    BOOST_REQUIRE(ranges.inside(range) == plain.parts(range, true));
    const ByteRange other{random.below(32), 32 + random.below(33)};
    BOOST_REQUIRE(ranges.inside(other) == plain.parts(other, true));
    BOOST_REQUIRE(ranges.missing(other) == plain.parts(other, false));
  }
}

BOOST_AUTO_TEST_CASE(parts_have_what_their_operations_use) {
  Graph graph(64);
  graph.external(8);  // which nobody uses
  const StorageId both = graph.external(4 * kRowBytes);
  const StorageId frozen = graph.external(kRowBytes, SATEEN_STORAGE_FROZEN);
  const TensorId first = graph.tensor(DType::kF32, kRow, both, kRowBytes);
  const TensorId last = graph.tensor(DType::kF32, kRow, both, 3 * kRowBytes);
  const TensorId source = graph.tensor(DType::kF32, kRow, frozen);
  const TensorId inner = graph.value(DType::kF32, kRow), crossing = graph.value(DType::kF32, kRow);
  graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "a", {source}, {inner}, kHalf);
  graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "b", {inner}, {crossing}, kHalf);
  graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "c", {graph.reshape(crossing, {4, 4})},
           {graph.tensor(DType::kF32, {4, 4}, both, kRowBytes)}, kHalf);
  graph.op(SATEEN_OP_LEAKY_RELU_BACKWARD, "d", {crossing, first}, {last}, kHalf);
  const sateen_graph whole = graph.c_graph();

  const std::vector<StorageUse> uses = external_uses(whole);
  BOOST_TEST_REQUIRE(uses.size() == 3U);
  BOOST_TEST(uses[0].touched.all().empty());
  BOOST_TEST(uses[1].touched.all() == (std::vector<ByteRange>{{64, 128}, {192, 256}}));
  BOOST_TEST(uses[1].written.all() == uses[1].touched.all());
  BOOST_TEST(uses[2].written.all().empty());

  const std::vector<GraphPart> parts = split_graph(whole, {true, true, false, true});
  BOOST_TEST_REQUIRE(parts.size() == 3U);
  const CrossingPlan plan = plan_crossing(whole, parts);
  BOOST_TEST_REQUIRE(plan.values.size() == 1U);
  BOOST_TEST(plan.values.begin()->first == whole.tensor[crossing.index].storage);
  BOOST_TEST(plan.slot_bytes == std::vector<uint64_t>{kRowBytes});
  for (size_t p = 0; p < parts.size(); ++p) BOOST_TEST(parts[p].supported == (p != 1));
  BOOST_TEST(parts[0].ops.size() == 2U);
  // a and b: the value between them stays inside, what b gives does not.
  const sateen_graph head = parts[0].view();
  BOOST_TEST(head.n_storages == 3U);
  BOOST_TEST(head.storage[0].flags == SATEEN_STORAGE_FROZEN);
  BOOST_TEST(head.storage[1].role == SATEEN_STORAGE_INTERMEDIATE);
  BOOST_TEST(head.storage[2].role == SATEEN_STORAGE_EXTERNAL);
  BOOST_TEST(parts[0].external.size() == 2U);
  // c alone, with the view in the middle of its storage.
  const sateen_graph middle = parts[1].view();
  BOOST_TEST(middle.n_tensors == 2U);
  BOOST_TEST(middle.tensor[middle.op[0].dst[0]].offset == kRowBytes);
  BOOST_TEST(middle.storage[middle.tensor[middle.op[0].dst[0]].storage].bytes == 4 * kRowBytes);
  BOOST_TEST(middle.op[0].name == whole.op[2].name);
  BOOST_TEST(parts[1].external[0].written.all() == (std::vector<ByteRange>{{64, 128}}));

  BOOST_TEST(split_graph(whole, {true, true, true, true}).size() == 1U);
  BOOST_TEST(plan_crossing(whole, split_graph(whole, {false, false, false, false})).values.empty());
  const GraphPart alone = only_operation(whole, 1);
  BOOST_TEST(alone.external.size() == 2U);
  BOOST_TEST(alone.storages.size() == 2U);
}

// Forth and back: each value lives in two parts and the first one to the end.
BOOST_AUTO_TEST_CASE(values_that_never_cross_together_share_memory) {
  Graph graph(64);
  const StorageId ends = graph.external(2 * kRowBytes);
  std::vector<TensorId> values;
  for (const int64_t rows : {1, 2, 1, 4, 3}) values.push_back(graph.value(DType::kF32, {rows, 16}));
  const TensorId small = graph.tensor(DType::kF32, kRow, ends);
  graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "begin", {small}, {graph.reshape(values[0], kRow)}, kHalf);
  // The kinds and shapes are of no interest to what is tested.
  for (size_t i = 1; i < values.size(); ++i) {
    graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "next", {values[i - 1]}, {values[i]}, kHalf);
  }
  graph.op(SATEEN_OP_LEAKY_RELU_BACKWARD, "end", {values[4], values[0]},
           {graph.tensor(DType::kF32, kRow, ends, kRowBytes)}, kHalf);
  const sateen_graph whole = graph.c_graph();
  const CrossingPlan plan = plan_crossing(whole, split_graph(whole, {true, false, true, false, true, false}));
  BOOST_TEST_REQUIRE(plan.values.size() == 5U);
  std::vector<size_t> slots;
  slots.reserve(values.size());
  for (const TensorId value : values) slots.push_back(plan.values.at(whole.tensor[value.index].storage).slot);
  BOOST_TEST(slots == (std::vector<size_t>{0, 1, 2, 1, 2}));
  BOOST_TEST(plan.slot_bytes == (std::vector<uint64_t>{kRowBytes, 4 * kRowBytes, 3 * kRowBytes}));
}

BOOST_AUTO_TEST_SUITE_END()
