// Graphs as text: the format, that nothing of a graph is lost in it, and the files of SATEEN_DUMP_GRAPH.
#define BOOST_TEST_DYN_LINK
#include <charconv>
#include <cstring>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <stdlib.h>

#include "corners.hpp"
#include "expect_error.hpp"
#include "graph/attributes.hpp"
#include "graph/dump.hpp"
#include "graph/steps.hpp"
#include "sateen/sdk/op_info.hpp"
#include "temp_folder.hpp"

using namespace sateen;

namespace {

/// Sets the variable while it lives.
class DumpTo {
 public:
  explicit DumpTo(const std::filesystem::path& folder) { ::setenv("SATEEN_DUMP_GRAPH", folder.c_str(), 1); }
  ~DumpTo() { ::unsetenv("SATEEN_DUMP_GRAPH"); }
  DumpTo(const DumpTo&) = delete;
  DumpTo& operator=(const DumpTo&) = delete;
};

Device cpu() {
  return Registry(Registry::Options{{}, false, {}}).open("cpu");
}

std::string file_text(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = get_file(path);
  return {bytes.begin(), bytes.end()};
}

using Words = std::map<std::string, std::string>;

/// The words of a line after its first: the index under "", then key=value.
Words words_of(const std::string& line) {
  std::istringstream in(line);
  Words words;
  for (std::string word; in >> word;) {
    const size_t equals = word.find('=');
    words[equals == std::string::npos ? "" : word.substr(0, equals)] = word.substr(equals + 1);
  }
  return words;
}

template <typename T>
T number(const std::string& word) {
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  BOOST_TEST((error == std::errc() && end == word.data() + word.size()), word << " is no number");
  return value;
}

template <typename T>
std::vector<T> numbers(const std::string& word) {
  std::istringstream in(word);
  std::vector<T> r;
  for (std::string item; std::getline(in, item, ',');) r.push_back(item == "none" ? T(SATEEN_NONE) : number<T>(item));
  return r;
}

/// The bytes of a known kind's attributes.
std::vector<unsigned char> attributes(const OpPage& page, const Words& words) {
  std::vector<unsigned char> bytes(page.size);
  const auto put = [&](const AttributeField& field, auto value) {
    std::memcpy(bytes.data() + field.offset, &value, sizeof value);
  };
  for (const AttributeField& field : page.fields) {
    const std::string& word = words.at(field.name);
    switch (field.type) {
      case AttributeField::Type::kI32:
        put(field, number<int32_t>(word));
        break;
      case AttributeField::Type::kU32:
        put(field, number<uint32_t>(word));
        break;
      case AttributeField::Type::kU64:
        put(field, number<uint64_t>(word));
        break;
      case AttributeField::Type::kF32:
        put(field, number<float>(word));
        break;
    }
  }
  return bytes;
}

void check_storage(const Words& words, const sateen_storage& s) {
  BOOST_TEST(words.at("role") == (s.role == SATEEN_STORAGE_EXTERNAL ? "external" : "intermediate"));
  BOOST_TEST(words.at("flags") == (s.flags == SATEEN_STORAGE_FROZEN ? "frozen" : "0"));
  BOOST_TEST(number<uint64_t>(words.at("bytes")) == s.bytes);
}

void check_tensor(const Words& words, const sateen_tensor& t) {
  const std::map<uint32_t, std::string> types = {{SATEEN_F32, "f32"}, {SATEEN_I32, "i32"}, {SATEEN_U8, "u8"}};
  BOOST_TEST(words.at("dtype") == types.at(t.dtype));
  BOOST_TEST(number<uint32_t>(words.at("storage")) == t.storage);
  BOOST_TEST(number<uint64_t>(words.at("offset")) == t.offset);
  BOOST_TEST(numbers<int64_t>(words.at("dim")) == std::vector<int64_t>(t.dim, t.dim + t.rank),
             boost::test_tools::per_element());
}

void check_op(const Words& words, const sateen_op& op) {
  const OpPage& page = *find_op_page(op.kind);
  BOOST_TEST(words.at("kind") == page.name);
  BOOST_TEST(words.at("name") == "\"" + std::string(op.name) + "\"");
  BOOST_TEST(numbers<uint32_t>(words.at("src")) == std::vector<uint32_t>(op.src, op.src + op.n_src),
             boost::test_tools::per_element());
  BOOST_TEST(numbers<uint32_t>(words.at("dst")) == std::vector<uint32_t>(op.dst, op.dst + op.n_dst),
             boost::test_tools::per_element());
  const auto* bytes = static_cast<const unsigned char*>(op.attrs);
  BOOST_TEST(attributes(page, words) == std::vector<unsigned char>(bytes, bytes + op.attrs_size),
             boost::test_tools::per_element());
  BOOST_TEST(words.size() == 5 + page.fields.size());
}

/// Reads the text back and holds it against the graph.
void check_text(const std::string& text, const sateen_graph& graph) {
  std::istringstream in(text);
  std::string line;
  BOOST_REQUIRE((std::getline(in, line) && line == "sateen-graph 1"));
  std::map<std::string, uint32_t> seen;
  while (std::getline(in, line)) {
    BOOST_TEST_CONTEXT(line) {
      const std::string what = line.substr(0, line.find(' '));
      if (what == "#") continue;
      const Words words = words_of(line.substr(what.size()));
      const uint32_t index = seen[what]++;
      if (what == "graph") {
        BOOST_TEST((words == Words{{"flags", "0"},
                                   {"math", "f32"},
                                   {"storages", std::to_string(graph.n_storages)},
                                   {"tensors", std::to_string(graph.n_tensors)},
                                   {"ops", std::to_string(graph.n_ops)}}));
        continue;
      }
      BOOST_TEST(words.at("") == std::to_string(index));
      if (what == "storage") check_storage(words, graph.storage[index]);
      if (what == "tensor") check_tensor(words, graph.tensor[index]);
      if (what == "op") check_op(words, graph.op[index]);
    }
  }
  const std::map<std::string, uint32_t> expected = {
      {"graph", 1}, {"storage", graph.n_storages}, {"tensor", graph.n_tensors}, {"op", graph.n_ops}};
  BOOST_TEST((seen == expected));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dump)

BOOST_AUTO_TEST_CASE(every_page_is_known_whole) {
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind) {
    const OpPage& page = *find_op_page(kind);
    BOOST_TEST(std::string(page.name) == sdk::find_op_info(kind)->name);
    BOOST_TEST(page.size == sdk::attrs_size_of(kind), page.name);
    size_t end = 0;
    for (const AttributeField& field : page.fields) {
      BOOST_TEST(field.offset == end, page.name << "." << field.name);
      end += field.type == AttributeField::Type::kU64 ? 8 : 4;
    }
    BOOST_TEST(end == page.size, page.name);
  }
  BOOST_TEST(find_op_page(0) == nullptr);
  BOOST_TEST(find_op_page(SATEEN_OP_END_) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_format) {
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
  BOOST_TEST(graph_text(g.c_graph(), "for\npeople") ==
             "sateen-graph 1\n"
             "# for\\x0apeople\n"
             "graph flags=0 math=f32 storages=3 tensors=3 ops=6\n"
             "storage 0 role=external flags=frozen bytes=4096\n"
             "storage 1 role=intermediate flags=0 bytes=24\n"
             "storage 2 role=intermediate flags=0 bytes=6\n"
             "tensor 0 dtype=f32 storage=0 offset=128 dim=2,3\n"
             "tensor 1 dtype=i32 storage=1 offset=0 dim=6\n"
             "tensor 2 dtype=u8 storage=2 offset=0 dim=6\n"
             "op 0 kind=gather name=\"a \\\"name\\\"\\\\\\x0a\\xc3\\xa9\" src=0,none,none dst=1 "
             "scale=0.003921569 shift=-0\n"
             "op 1 kind=leaky_relu_forward name=\"\" src= dst=2 alpha=inf\n"
             "op 2 kind=leaky_relu_forward name=\"nan\" src=0 dst=0 alpha=nan:7fc00000\n"
             "op 3 kind=4000000000 name=\"unknown\" src=0 dst=1,2 attrs=0000803f00000040\n"
             "op 4 kind=adam name=\"short\" src=0 dst=0 attrs=0000803f\n"
             "op 5 kind=softmax name=\"plain\" src=0 dst=0\n");
}

BOOST_AUTO_TEST_CASE(nothing_of_a_training_step_is_lost) {
  const Sequential model = fashion_mnist_network(true);
  const ParameterLayout layout = plan_parameters(model, 64);
  const StepSpec spec{64, 750, 60000, 0xfedcba9876543210ULL, {}, {}};
  Graph training = emit_training_step(model, layout, spec, 64);
  check_text(graph_text(training.c_graph(), "a comment"), training.c_graph());
  Graph prediction = emit_prediction(model, layout, 1, {}, 64);
  check_text(graph_text(prediction.c_graph()), prediction.c_graph());
}

BOOST_AUTO_TEST_CASE(files_are_numbered_and_never_overwritten) {
  const TempFolder folder;
  put_file(folder / "graph-0002.txt", "mine");
  std::filesystem::create_symlink("nowhere", folder / "graph-0003.txt");
  BOOST_TEST(dump_graph(folder.path(), "one") == folder / "graph-0001.txt");
  BOOST_TEST(dump_graph(folder.path(), "two") == folder / "graph-0004.txt");
  BOOST_TEST(file_text(folder / "graph-0001.txt") == "one");
  BOOST_TEST(file_text(folder / "graph-0002.txt") == "mine");
  BOOST_TEST(file_text(folder / "graph-0004.txt") == "two");
  BOOST_TEST(folder.entries() == 4U);
}

BOOST_AUTO_TEST_CASE(what_is_compiled_is_written_also_when_it_fails) {
  const TempFolder folder;
  Device device = cpu();
  Graph good(64), bad(64);
  const auto x = good.tensor(DType::kF32, {4, 4}, good.external(64));
  good.op(SATEEN_OP_SOFTMAX, "fine", {x}, {good.tensor(DType::kF32, {4, 4}, good.external(64))});
  bad.op(777, "no such thing", {}, {bad.value(DType::kF32, {4})});
  device.compile(good);  // the variable is not set
  BOOST_TEST(folder.entries() == 0U);
  const DumpTo to(folder.path());
  device.compile(good);
  EXPECT_ERROR(device.compile(bad), ErrorCode::kDevice, "no such thing");
  device.supported(bad);  // compiles nothing
  BOOST_TEST(folder.entries() == 2U);
  check_text(file_text(folder / "graph-0001.txt"), good.c_graph());
  BOOST_TEST(file_text(folder / "graph-0001.txt").find("\n# by Sateen ") != std::string::npos);
  BOOST_TEST(file_text(folder / "graph-0002.txt").find("kind=777 name=\"no such thing\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_trainer_s_graphs) {
  const TempFolder folder;
  const DumpTo to(folder.path());
  const Dataset data = corners();
  const Trainer trainer(cpu(), small_network(), data, split(data.size(), 0.2, 0), {});
  BOOST_TEST(folder.entries() == 2U);
  BOOST_TEST(file_text(folder / "graph-0001.txt").find("kind=adam") != std::string::npos);
  BOOST_TEST(file_text(folder / "graph-0002.txt").find("kind=adam") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_written) {
  const TempFolder folder;
  put_file(folder / "file", "mine");
  Device device = cpu();
  Graph g(64);
  g.op(SATEEN_OP_SOFTMAX, "s", {g.tensor(DType::kF32, {4, 4}, g.external(64))}, {g.value(DType::kF32, {4, 4})});
  {
    const DumpTo to(folder / "nowhere");
    EXPECT_ERROR(device.compile(g), ErrorCode::kOutput, "SATEEN_DUMP_GRAPH: ");
    EXPECT_ERROR(device.compile(g), ErrorCode::kOutput, "create the folder first");
  }
  {
    const DumpTo to(folder / "file");
    EXPECT_ERROR(device.compile(g), ErrorCode::kOutput, "file/graph-0001.txt");
  }
  const DumpTo off("");
  device.compile(g);
}

BOOST_AUTO_TEST_SUITE_END()
