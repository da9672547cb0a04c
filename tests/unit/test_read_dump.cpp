// Graphs read from text: what was written comes back, and nothing else is taken.
#define BOOST_TEST_DYN_LINK
#include <limits>
#include <string>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "graph/dump.hpp"
#include "graph/steps.hpp"
#include "sateen/graph_text.hpp"

using namespace sateen;

namespace {

std::string training_text() {
  const Sequential model = fashion_mnist_network(true);
  const StepSpec spec{64, 750, 60000, 0xfedcba9876543210ULL, {}, {}};
  Graph graph = emit_training_step(model, plan_parameters(model, 64), spec, 64);
  return graph_text(graph.c_graph(), "for people");
}

std::string without_comment(std::string text) {
  const size_t begin = text.find('#');
  return text.erase(begin, text.find('\n', begin) + 1 - begin);
}

constexpr const char* kSmall =
    "sateen-graph 1\n"
    "graph flags=0 math=f32 storages=2 tensors=2 ops=1\n"
    "storage 0 role=external flags=frozen bytes=64\n"
    "storage 1 role=intermediate flags=0 bytes=64\n"
    "tensor 0 dtype=f32 storage=0 offset=16 dim=3\n"
    "tensor 1 dtype=f32 storage=1 offset=0 dim=3\n"
    "op 0 kind=leaky_relu_forward name=\"a\" src=0 dst=1 alpha=0.1\n";

/// The small graph with other words in place of some.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = kSmall;
  const size_t at = text.find(from);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(read_dump)

BOOST_AUTO_TEST_CASE(a_training_step_comes_back) {
  const std::string text = training_text();
  Graph graph = read_graph_text(text);
  BOOST_TEST(graph_text(graph.c_graph()) == without_comment(text));
}

BOOST_AUTO_TEST_CASE(every_form_comes_back) {
  Graph g(64);
  const auto x = g.tensor(DType::kF32, {2, 3}, g.external(4096, SATEEN_STORAGE_FROZEN), 128);
  const auto y = g.value(DType::kI32, {6}), z = g.value(DType::kU8, {6});
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  g.op(SATEEN_OP_GATHER, "a \"name\"\\\n\xc3\xa9", {x, {}, {}}, {y}, sateen_gather_attrs{1.0F / 255, -0.0F});
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, "", {}, {z}, sateen_leaky_relu_attrs{kInfinity});
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, "nan", {x}, {x}, sateen_leaky_relu_attrs{std::numeric_limits<float>::quiet_NaN()});
  g.op(4000000000U, "unknown", {x}, {y, z}, sateen_gather_attrs{1, 2});
  g.op(SATEEN_OP_ADAM, "short", {x}, {x}, sateen_leaky_relu_attrs{1});
  g.op(SATEEN_OP_SOFTMAX, "plain", {x}, {x});
  const std::string text = graph_text(g.c_graph());
  BOOST_TEST(graph_text(read_graph_text(text).c_graph()) == text);
}

BOOST_AUTO_TEST_CASE(a_text_that_is_cut_off_is_refused_wherever) {
  const std::string text = training_text();
  for (size_t size = 0; size < text.size(); ++size) {
    const auto error = error_of([&] { return read_graph_text(text.substr(0, size)); });
    BOOST_TEST_REQUIRE(error.has_value(), size << " of " << text.size() << " bytes are taken");
    BOOST_TEST((error->code() == ErrorCode::kBadInput));
    BOOST_TEST(std::string(error->what()).rfind("line ", 0) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(changed_bytes_give_another_graph_or_an_error) {
  const std::string text = kSmall;
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char c : {'\0', '\n', ' ', '9', '-', ',', '"', '\\', 'x', '\xff'}) {
      std::string other = text;
      other[at] = c;
      const auto error = error_of([&] { return read_graph_text(other); });
      if (error) BOOST_TEST(is_one_line(error->what()));
      if (error) BOOST_TEST((error->code() == ErrorCode::kBadInput));
    }
  }
}

BOOST_AUTO_TEST_CASE(errors_say_which_line) {
  const auto refused = [](const std::string& text, const char* words) {
    EXPECT_ERROR(read_graph_text(text), ErrorCode::kBadInput, words);
  };
  read_graph_text(kSmall);
  refused("", "line 0: the file ends too early");
  refused("PNG\n", "line 1: this is no graph of Sateen's");
  refused(changed("sateen-graph 1", "sateen-graph 2"), "line 1: version 2 is not known");
  refused(changed("math=f32", "math=f16"), "line 2: ");
  refused(changed("storages=2", "storages=4294967295"), "line 5: \"storage 2\" is expected");
  refused(changed("storages=2", "storages=4294967296"), "line 2: \"4294967296\" is not a number that can stand here");
  refused(changed("bytes=64", "bytes=0"), "a storage can't be empty");
  refused(changed("role=intermediate flags=0", "role=intermediate flags=frozen"), "line 4: ");
  refused(changed("offset=16", "offset=60"), "line 5: a tensor of shape");
  refused(changed("offset=16", "offset=18446744073709551612"), "line 5: ");
  refused(changed("offset=16", "offset=2"), "line 5: a tensor's offset is a multiple of 4");
  refused(changed("dim=3", "dim="), "line 5: ");
  refused(changed("dim=3", "dim=3,"), "line 5: a list ends in a comma");
  refused(changed("dim=3", "dim=2147483647,2147483647,2147483647"), "line 5: ");
  refused(changed("storage=1", "storage=7"), "line 6: there is no storage 7");
  refused(changed("dtype=f32", "dtype=f16"), "line 5: dtype f16 is not known");
  refused(changed("leaky_relu_forward", "leaky_relu"), "line 7: there is no operation leaky_relu");
  refused(changed("src=0", "src=2"), "line 7: there is no tensor 2");
  refused(changed("alpha=0.1", "alpha=0.1x"), "line 7: ");
  refused(changed("alpha=0.1", "alpha=0.1 beta=1"), "line 7: \" beta=1\" is more than the line has");
  refused(changed("alpha=0.1", "attrs=0"), "line 7: hexadecimal digits are missing");
  refused(std::string(kSmall) + "op 1\n", "line 8: there is more than the graph's line says");
}

BOOST_AUTO_TEST_SUITE_END()
