// The rules of the extension sateen.profile/1, for a backend that has it.
#include <cstddef>
#include <numeric>

#include "raw_graph.hpp"
#include "suite.hpp"
#include "test_run.hpp"
#include "training_step.hpp"

namespace conformance {
namespace {

const sateen_profile* find_profile(Target& t) {
  return static_cast<const sateen_profile*>(t.table().extension(SATEEN_PROFILE_1));
}

/// The target's device again, with times.
struct ProfiledTarget {
  ProfiledTarget() : target(conformance::target().options(), {"profile=1"}), profile(*find_profile(target)) {}
  Target target;
  const sateen_profile& profile;

  uint32_t count(const RawProgram& program) {
    uint32_t n = 0;
    BOOST_REQUIRE_MESSAGE(profile.count(target.handle(), program.handle, &n) == SATEEN_OK, target.last_error());
    return n;
  }
  std::vector<sateen_op_profile> entries(const RawProgram& program) {
    std::vector<sateen_op_profile> r;
    for (uint32_t i = 0; i < count(program); ++i) {
      sateen_op_profile e{};
      e.struct_size = sizeof e;
      BOOST_REQUIRE_MESSAGE(profile.entry(target.handle(), program.handle, i, &e) == SATEEN_OK, target.last_error());
      BOOST_TEST(e.struct_size == sizeof e);
      BOOST_TEST(e.reserved == 0U);
      r.push_back(e);
    }
    return r;
  }
};

/// src · weights -> LEAKY_RELU -> SOFTMAX -> dst, of which a backend may make fewer than three steps.
struct Chain {
  static constexpr int64_t kSide = 64;
  explicit Chain(Target& t) : graph(make(t)), program(t, graph), src(t, ones()), weights(t, ones()), dst(t, ones()) {}
  void run(Target& t) {
    const sateen_binding bound[] = {{src.handle, 0}, {weights.handle, 0}, {dst.handle, 0}};
    BOOST_REQUIRE_MESSAGE(t.table().run(t.handle(), program.handle, bound, 3) == SATEEN_OK, t.last_error());
  }
  static const std::vector<std::string>& names() {
    static const std::vector<std::string> kNames = {"first.dense", "second.relu", "third.softmax"};
    return kNames;
  }
  /// The operations of it that the backend lacks, or "".
  static std::string lacking(Target& t) {
    RawGraph graph = make(t);
    std::vector<uint8_t> supported(graph.ops.size());
    if (t.table().compile(t.handle(), graph.view(), supported.data(), nullptr) != SATEEN_UNSUPPORTED) return {};
    std::string names;
    for (size_t i = 0; i < supported.size(); ++i)
      if (supported[i] == 0) names += (names.empty() ? "" : ", ") + std::string(op_name(graph.ops[i].kind));
    return names;
  }
  RawGraph graph;
  RawProgram program;
  RawBuffer src, weights, dst;

 private:
  static std::vector<float> ones() { return std::vector<float>(kSide * kSide, 1.0F); }
  static RawGraph make(Target& t) {
    const sateen::Shape square = {kSide, kSide};
    constexpr auto kF32 = sateen::DType::kF32;
    sateen::Graph g(static_cast<uint32_t>(t.alignment()));
    const auto external = [&] { return g.tensor(kF32, square, g.external(kSide * kSide * 4)); };
    const auto x = external(), w = external(), y = external();
    const auto product = g.value(kF32, square), activated = g.value(kF32, square);
    g.op(SATEEN_OP_DENSE_FORWARD, {}, {x, w, {}}, {product});
    g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {}, {product}, {activated}, sateen_leaky_relu_attrs{0.5F});
    g.op(SATEEN_OP_SOFTMAX, {}, {activated}, {y});
    RawGraph raw = RawGraph::copy(g.c_graph());
    for (size_t i = 0; i < raw.ops.size(); ++i) raw.ops[i].name = names()[i];
    return raw;
  }
};

void the_table() {
  const sateen_profile* profile = find_profile(target());
  BOOST_TEST(profile->struct_size >= sizeof(sateen_profile));
  BOOST_TEST((profile->count != nullptr && profile->entry != nullptr));
  BOOST_TEST(find_profile(target()) == profile);
  for (const char* other : {"sateen.profile", "sateen.profile/", "sateen.profile/10", "sateen.profile/0", ""})
    BOOST_TEST(target().table().extension(other) == nullptr, other);
}

void names_in_order() {
  ProfiledTarget p;
  const Chain chain(p.target);
  std::string all, expected;
  for (const sateen_op_profile& e : p.entries(chain.program)) all += (all.empty() ? "" : " + ") + std::string(e.name);
  for (const std::string& name : Chain::names()) expected += (expected.empty() ? "" : " + ") + name;
  BOOST_TEST(all == expected);
}

uint64_t total(const std::vector<sateen_op_profile>& entries) {
  return std::accumulate(entries.begin(), entries.end(), uint64_t{0},
                         [](uint64_t sum, const sateen_op_profile& e) { return sum + e.nanoseconds; });
}

void runs_and_times_add_up() {
  ProfiledTarget p;
  Chain chain(p.target), beside(p.target);
  const auto before = p.entries(chain.program);
  for (const sateen_op_profile& e : before) BOOST_TEST((e.runs == 0 && e.nanoseconds == 0));
  uint64_t runs = 0, time = 0;
  for (const uint64_t more : {1U, 2U, 40U}) {
    for (uint64_t i = 0; i < more; ++i) {
      chain.run(p.target);
      beside.run(p.target);
    }
    runs += more;
    const auto entries = p.entries(chain.program);  // without a finish: it waits itself
    BOOST_REQUIRE(entries.size() == before.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      BOOST_TEST(entries[i].runs == runs);
      BOOST_TEST(entries[i].name == before[i].name);
    }
    BOOST_TEST(total(entries) > time);
    time = total(entries);
  }
  BOOST_TEST(total(p.entries(chain.program)) == time);
  BOOST_TEST(p.entries(beside.program)[0].runs == runs);
}

void arguments() {
  ProfiledTarget p;
  Target other(target().options(), {"profile=1"});
  const Chain chain(p.target), foreign(other);
  const uint32_t count = p.count(chain.program);
  sateen_device* const device = p.target.handle();
  sateen_program* const program = chain.program.handle;
  uint32_t n = 77;
  const auto invalid = [&](sateen_status status) {
    BOOST_TEST(status == SATEEN_INVALID);
    BOOST_TEST(!p.target.last_error().empty());
  };
  invalid(p.profile.count(device, nullptr, &n));
  invalid(p.profile.count(device, foreign.program.handle, &n));
  invalid(p.profile.count(device, program, nullptr));
  BOOST_TEST(p.profile.count(nullptr, program, &n) == SATEEN_INVALID);
  BOOST_TEST(n == 77U);

  sateen_op_profile e{};
  e.struct_size = sizeof e;
  e.runs = 77;
  invalid(p.profile.entry(device, nullptr, 0, &e));
  invalid(p.profile.entry(device, foreign.program.handle, 0, &e));
  invalid(p.profile.entry(device, program, 0, nullptr));
  invalid(p.profile.entry(device, program, count, &e));
  invalid(p.profile.entry(device, program, UINT32_MAX, &e));
  BOOST_TEST(p.profile.entry(nullptr, program, 0, &e) == SATEEN_INVALID);
  e.struct_size = 0;
  invalid(p.profile.entry(device, program, 0, &e));
  BOOST_TEST((e.runs == 77 && e.name == nullptr));
  expect_usable(p.target);
}

/// An older host's shorter structure: nothing past it is written; a newer one's is filled as far as it is known.
void short_and_long_entries() {
  ProfiledTarget p;
  Chain chain(p.target);
  chain.run(p.target);
  unsigned char memory[2 * sizeof(sateen_op_profile)];
  const auto read = [&](uint32_t size) {
    std::fill(std::begin(memory), std::end(memory), static_cast<unsigned char>(0xee));
    std::memcpy(memory, &size, sizeof size);
    auto* const io = reinterpret_cast<sateen_op_profile*>(memory);
    BOOST_REQUIRE(p.profile.entry(p.target.handle(), chain.program.handle, 0, io) == SATEEN_OK);
    std::memcpy(&size, memory, sizeof size);
    BOOST_TEST(std::all_of(memory + size, std::end(memory), [](unsigned char c) { return c == 0xee; }));
    return size;
  };
  constexpr uint32_t kShort = offsetof(sateen_op_profile, nanoseconds);
  BOOST_TEST(read(kShort) == kShort);
  uint64_t runs = 0;
  std::memcpy(&runs, memory + offsetof(sateen_op_profile, runs), sizeof runs);
  BOOST_TEST(runs == 1U);
  BOOST_TEST(read(sizeof memory) <= sizeof memory);
}

void without_the_option() {
  Target plain(target().options(), {"profile=0"});
  Chain chain(plain);
  chain.run(plain);
  const sateen_profile& profile = *find_profile(plain);
  uint32_t n = 77;
  sateen_op_profile e{};
  e.struct_size = sizeof e;
  BOOST_TEST(profile.count(plain.handle(), chain.program.handle, &n) == SATEEN_INVALID);
  BOOST_TEST(plain.last_error().find("profile=1") != std::string::npos);
  BOOST_TEST(profile.entry(plain.handle(), chain.program.handle, 0, &e) == SATEEN_INVALID);
  BOOST_TEST((n == 77 && e.name == nullptr));
  expect_usable(plain);
}

void changes_no_byte() {
  ProfiledTarget p;
  TrainingStep step(static_cast<uint32_t>(target().alignment()), 1);
  BOOST_CHECK(step.run(p.target.device(), 4) == step.run(target().device(), 4));
}

}  // namespace

boost::unit_test::test_suite* profile_rules_suite() {
  boost::unit_test::test_suite* suite = BOOST_TEST_SUITE("profile_rules");
  const auto add = [suite](const char* name, void (*body)()) {
    add_test(*suite, name, [body] {
      if (extension_or_skip(SATEEN_PROFILE_1) == nullptr) return;
      const std::string lacking = Chain::lacking(target());
      if (lacking.empty()) return body();
      skip_test("the backend has no " + lacking);
    });
  };
  add("the_table", the_table);
  add("names_in_order", names_in_order);
  add("runs_and_times_add_up", runs_and_times_add_up);
  add("arguments", arguments);
  add("short_and_long_entries", short_and_long_entries);
  add("without_the_option", without_the_option);
  add("changes_no_byte", changes_no_byte);
  return suite;
}

}  // namespace conformance
