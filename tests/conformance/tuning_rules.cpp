// The rules of the extension sateen.tuning/1, for a backend that has it.
#include <cstring>
#include <map>
#include <string>

#include "sateen/error.hpp"
#include "suite.hpp"
#include "target.hpp"
#include "training_step.hpp"

namespace conformance {
namespace {

const sateen_tuning* find_tuning(Target& t) {
  return static_cast<const sateen_tuning*>(t.table().extension(SATEEN_TUNING_1));
}

bool is_there() {
  return extension_or_skip(SATEEN_TUNING_1) != nullptr;
}

using Lines = std::map<std::string, std::string>;

/// Lines "key = rest", each once and in the order of the keys, of printable ASCII.
Lines lines_of(const std::string& text) {
  Lines lines;
  std::string last;
  BOOST_TEST((text.empty() || text.back() == '\n'));
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    const size_t between = line.find(" = ");
    BOOST_REQUIRE_MESSAGE(between != std::string::npos && between > 0 && between + 3 < line.size(), line);
    for (const char c : line) BOOST_TEST((c >= ' ' && c <= '~'), line);
    const std::string key = line.substr(0, between);
    BOOST_TEST((last.empty() || last < key), line);
    last = key;
    lines.emplace(key, line.substr(between + 3));
    begin = end + 1;
  }
  return lines;
}

std::string choices(Target& t) {
  const char* text = nullptr;
  BOOST_REQUIRE_MESSAGE(find_tuning(t)->choices(t.handle(), &text) == SATEEN_OK, t.last_error());
  BOOST_REQUIRE(text != nullptr);
  return text != nullptr ? text : "";
}

/// The target's device anew, where nothing that was measured counts, and a network's step run on it.
struct Trained {
  explicit Trained(const std::string& pinned = {}) : target(conformance::target().options(), {"tune=off"}) {
    BOOST_TEST(choices(target).empty());
    BOOST_REQUIRE(find_tuning(target)->pin(target.handle(), pinned.c_str()) == SATEEN_OK);
    TrainingStep step(static_cast<uint32_t>(target.alignment()), 1);
    image = step.run(target.device(), 1);
    text = choices(target);
  }
  Target target;
  Image image;
  std::string text;
};

void choices_are_lines() {
  if (!is_there()) return;
  BOOST_TEST(find_tuning(target())->struct_size >= sizeof(sateen_tuning));
  Trained trained;
  const Lines lines = lines_of(trained.text);
  const char* text = nullptr;
  BOOST_REQUIRE(find_tuning(trained.target)->candidates(trained.target.handle(), &text) == SATEEN_OK);
  BOOST_REQUIRE(text != nullptr);
  BOOST_TEST((text == nullptr || *text == '\0' || text[std::strlen(text) - 1] == '\n'));
  BOOST_TEST(trained.target.device().choices().size() == lines.size());
}

void pinned_choices_are_taken() {
  if (!is_there()) return;
  const Trained first;
  const Trained second(first.text);
  BOOST_TEST(second.text == first.text);
  BOOST_TEST((second.image == first.image));
}

void what_can_not_be_had_is_passed_over() {
  if (!is_there()) return;
  const Trained first;
  std::string strange = "no_such_operation = fast\n";
  for (const auto& [key, variant] : lines_of(first.text)) strange += key + " = no_such_variant\n";
  const Trained second(strange);
  BOOST_TEST(second.text == first.text);
  BOOST_TEST((second.image == first.image));
}

void wrong_calls() {
  if (!is_there()) return;
  Target& t = target();
  const sateen_tuning* table = find_tuning(t);
  const char* text = nullptr;
  BOOST_TEST(table->choices(t.handle(), nullptr) == SATEEN_INVALID);
  BOOST_TEST(table->choices(nullptr, &text) == SATEEN_INVALID);
  BOOST_TEST(table->candidates(t.handle(), nullptr) == SATEEN_INVALID);
  BOOST_TEST(table->pin(t.handle(), nullptr) == SATEEN_INVALID);
  for (const char* wrong : {"key = variant", "key\n", " = variant\n", "key = \n", "key = variant\n\n"}) {
    BOOST_TEST(table->pin(t.handle(), wrong) == SATEEN_INVALID, wrong);
  }
  for (const char* wrong : {"tune=", "tune=fast", "tune=-1", "tune=1.5"}) {
    BOOST_CHECK_THROW(Target(t.options(), {wrong}), sateen::Error);
  }
  const Target again(t.options(), {"tune=0"});
}

}  // namespace

boost::unit_test::test_suite* tuning_rules_suite() {
  auto* suite = BOOST_TEST_SUITE("tuning_rules");
  add_test(*suite, "choices_are_lines", choices_are_lines);
  add_test(*suite, "pinned_choices_are_taken", pinned_choices_are_taken);
  add_test(*suite, "what_can_not_be_had_is_passed_over", what_can_not_be_had_is_passed_over);
  add_test(*suite, "wrong_calls", wrong_calls);
  return suite;
}

}  // namespace conformance
