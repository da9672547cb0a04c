// Graphs: ids, views, what is refused, and how they look through the contract.
#define BOOST_TEST_DYN_LINK
#include <cstring>
#include <string>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "sateen/graph.hpp"

using sateen::DType;
using sateen::ErrorCode;
using sateen::Graph;
using sateen::Shape;

BOOST_AUTO_TEST_SUITE(graph)

BOOST_AUTO_TEST_CASE(the_contract_sees_what_was_added) {
  Graph g(64);
  const auto storage = g.external(4096, SATEEN_STORAGE_FROZEN);
  const auto weights = g.tensor(DType::kF32, {3, 5}, storage, 128);
  const auto src = g.value(DType::kF32, {2, 3});
  const auto dst = g.value(DType::kF32, {2, 5});
  g.op(SATEEN_OP_DENSE_FORWARD, "dense1.forward", {src, weights, {}}, {dst});
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, "relu", {dst}, {g.reshape(src, {3, 2})}, sateen_leaky_relu_attrs{0.25F});

  const sateen_graph c = g.c_graph();
  BOOST_TEST(c.struct_size == sizeof(sateen_graph));
  BOOST_TEST(c.n_storages == 3U);
  BOOST_TEST(c.storage[0].role == SATEEN_STORAGE_EXTERNAL);
  BOOST_TEST(c.storage[0].flags == SATEEN_STORAGE_FROZEN);
  BOOST_TEST(c.storage[2].role == SATEEN_STORAGE_INTERMEDIATE);
  BOOST_TEST(c.storage[2].bytes == 40U);
  BOOST_TEST(c.n_tensors == 4U);
  BOOST_TEST(c.tensor[0].offset == 128U);
  BOOST_TEST(c.tensor[0].dim[1] == 5);
  BOOST_TEST(c.tensor[0].dim[2] == 0);
  BOOST_TEST(c.tensor[3].storage == c.tensor[1].storage);
  BOOST_TEST(c.n_ops == 2U);
  BOOST_TEST(std::string(c.op[0].name) == "dense1.forward");
  BOOST_TEST(c.op[0].src[2] == SATEEN_NONE);
  BOOST_TEST(c.op[0].attrs == nullptr);
  float alpha = 0;
  BOOST_TEST(c.op[1].attrs_size == sizeof alpha);
  std::memcpy(&alpha, c.op[1].attrs, sizeof alpha);
  BOOST_TEST(alpha == 0.25F);
}

BOOST_AUTO_TEST_CASE(a_moved_graph_keeps_its_pointers_right) {
  Graph g(4);
  const auto t = g.value(DType::kF32, {4});
  g.op(SATEEN_OP_SOFTMAX, "s", {t}, {g.value(DType::kF32, {4})});
  Graph moved = std::move(g);
  const sateen_graph c = moved.c_graph();
  BOOST_TEST(std::string(c.op[0].name) == "s");
  BOOST_TEST(c.op[0].src[0] == 0U);
}

BOOST_AUTO_TEST_CASE(wrong_use_is_refused) {
  Graph g(64);
  const auto storage = g.external(64);
  EXPECT_ERROR(g.tensor(DType::kF32, {4}, storage, 4), ErrorCode::kUsage, "multiple of 64");
  EXPECT_ERROR(g.tensor(DType::kF32, {17}, storage), ErrorCode::kUsage, "passes the end");
  EXPECT_ERROR(g.tensor(DType::kF32, {32}, storage, UINT64_MAX - 63), ErrorCode::kUsage, "too large");
  EXPECT_ERROR(g.tensor(DType::kF32, {1}, sateen::StorageId{9}), ErrorCode::kUsage, "not of this graph");
  EXPECT_ERROR(g.external(0), ErrorCode::kUsage, "empty");
  const auto t = g.value(DType::kU8, {6});
  EXPECT_ERROR(g.reshape(t, Shape({5})), ErrorCode::kUsage, "view of shape 5");
  EXPECT_ERROR(g.op(SATEEN_OP_SOFTMAX, "s", {sateen::TensorId{9}}, {t}), ErrorCode::kUsage, "not of this graph");
  EXPECT_ERROR(Graph(3), ErrorCode::kUsage, "power of two");
  EXPECT_ERROR(Graph(0), ErrorCode::kUsage, "power of two");
}

BOOST_AUTO_TEST_SUITE_END()
