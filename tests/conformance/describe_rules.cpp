// The extension sateen.describe/1 of backends that have it.
#include <algorithm>
#include <cstring>
#include <string>
#include <thread>

#include "suite.hpp"
#include "target.hpp"

namespace conformance {
namespace {

const sateen_describe* describe() {
  return static_cast<const sateen_describe*>(extension_or_skip(SATEEN_DESCRIBE_1));
}

/// Lines "key: value" without control characters.
void check_lines(const char* text) {
  BOOST_REQUIRE(text != nullptr);
  const std::string all = text != nullptr ? text : "";
  BOOST_TEST((all.empty() || all.back() == '\n'));
  for (size_t begin = 0; begin < all.size();) {
    const size_t end = all.find('\n', begin);
    const std::string line = all.substr(begin, end - begin);
    const size_t colon = line.find(": ");
    BOOST_TEST((colon != std::string::npos && colon > 0), line);
    const auto key = line.substr(0, colon);
    BOOST_TEST((key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos), line);
    begin = end + 1;
  }
}

void of_a_device() {
  const sateen_describe* table = describe();
  if (table == nullptr) return;
  BOOST_TEST(table->struct_size >= sizeof(sateen_describe));
  const uint32_t index = target().device().info().index;
  const char* text = nullptr;
  BOOST_REQUIRE(table->device(index, &text) == SATEEN_OK);
  check_lines(text);
  const char* again = nullptr;
  std::thread([&] { static_cast<void>(table->device(index, &again)); }).join();
  BOOST_TEST((again != nullptr && std::strcmp(text, again) == 0));
  uint32_t count = 0;
  BOOST_REQUIRE(target().table().device_count(&count) == SATEEN_OK);
  again = text;
  BOOST_TEST(table->device(count, &again) == SATEEN_INVALID);
  BOOST_TEST((again == text));
  BOOST_TEST(table->device(index, nullptr) == SATEEN_INVALID);
}

void of_an_open_device() {
  const sateen_describe* table = describe();
  if (table == nullptr) return;
  const char* text = nullptr;
  BOOST_REQUIRE(table->opened(target().handle(), &text) == SATEEN_OK);
  check_lines(text);
  BOOST_TEST(table->opened(target().handle(), nullptr) == SATEEN_INVALID);
  BOOST_TEST(table->opened(nullptr, &text) == SATEEN_INVALID);
  BOOST_TEST((!target().device().describe().empty() || *text == '\0'));
}

}  // namespace

boost::unit_test::test_suite* describe_rules_suite() {
  auto* suite = BOOST_TEST_SUITE("describe_rules");
  add_test(*suite, "of_a_device", of_a_device);
  add_test(*suite, "of_an_open_device", of_an_open_device);
  return suite;
}

}  // namespace conformance
