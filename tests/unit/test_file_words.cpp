// What a file's bytes are taken for: UTF-8 or not, which format by the first bytes.
#include <string>
#include <string_view>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "io/sniff.hpp"
#include "io/utf8.hpp"
#include "sateen/printable.hpp"

namespace {

using std::string_view_literals::operator""sv;

std::string_view format_of(const std::string& head) {
  return sateen::known_format({reinterpret_cast<const uint8_t*>(head.data()), head.size()});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_words)

BOOST_AUTO_TEST_CASE(characters_of_each_length) {
  // The first and last character of each length, and what lies around them.
  for (const auto& [text, length] : std::vector<std::pair<std::string_view, size_t>>{
           {"\x01"sv, 1},
           {"\x7f"sv, 1},
           {"\xc2\x80"sv, 2},
           {"\xdf\xbf"sv, 2},
           {"\xe0\xa0\x80"sv, 3},
           {"\xed\x9f\xbf"sv, 3},
           {"\xee\x80\x80"sv, 3},
           {"\xef\xbf\xbf"sv, 3},
           {"\xf0\x90\x80\x80"sv, 4},
           {"\xf1\x80\x80\x80"sv, 4},
           {"\xf4\x8f\xbf\xbf"sv, 4},
       }) {
    BOOST_TEST(sateen::utf8_length(text) == length);
    for (size_t cut = 1; cut < length; ++cut) BOOST_TEST(sateen::utf8_length(text.substr(0, cut)) == 0U);
    for (size_t at = 1; at < length; ++at) {
      for (const char wrong : {'\x7f', '\xc0'}) {
        std::string damaged(text);
        damaged[at] = wrong;
        BOOST_TEST(sateen::utf8_length(damaged) == 0U);
      }
    }
  }
  for (const auto text : {""sv, "\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv,
                          "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv}) {
    BOOST_TEST(sateen::utf8_length(text) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(plain_text_has_no_control_characters) {
  for (const auto text : {""sv, "a b~"sv, "\xc2\xa0"sv,
                          "Gr\xc3\xb6\xc3\x9f"
                          "e"sv,
                          "\xf0\x9f\x91\x9f"sv}) {
    BOOST_TEST(sateen::is_plain_text(text));
  }
  for (const auto text : {"\0"sv, "a\n"sv, "\x1b[2J"sv, "\x7f"sv, "\xc2\x80"sv, "\xc2\x9f"sv, "\xff"sv, "a\xc3"sv}) {
    BOOST_TEST(!sateen::is_plain_text(text));
  }
}

BOOST_AUTO_TEST_CASE(what_a_terminal_is_shown) {
  for (const auto text : {"coat.png"sv, "Stra\u00dfe \U0001f45f"sv, "\u670d\u200b"sv, "back\\slash"sv}) {
    BOOST_TEST(sateen::printable(text) == text);
  }
  for (const auto& [text, shown] : {std::pair{"a\nb\x7f\0"sv, "a\\x0ab\\x7f\\x00"sv},
                                    {"\u009b31m"sv, "\\xc2\\x9b31m"sv},
                                    {"\u202egnp"sv, "\\xe2\\x80\\xaegnp"sv},
                                    {"\u2066"sv, "\\xe2\\x81\\xa6"sv},
                                    {"\u061c"sv, "\\xd8\\x9c"sv},
                                    {"\u2028"sv, "\\xe2\\x80\\xa8"sv},
                                    {"\xff\u00e4\xc3"sv, "\\xff\u00e4\\xc3"sv}}) {
    BOOST_TEST(sateen::printable(text) == shown);
  }
  BOOST_TEST(sateen::printable_length("") == 0U);
  BOOST_TEST(sateen::printable_length("\u670d!") == 3U);
  BOOST_TEST(sateen::printable_length("\u202e!") == 0U);
}

BOOST_AUTO_TEST_CASE(formats_by_their_first_bytes) {
  for (const char second : {'\x12', '\x1a', '\x3a', '\x42'}) {
    BOOST_TEST(format_of(std::string("\x08\x07") + second + "\x07pytorch\x01") == "ONNX");
  }
  for (const std::string& other : std::vector<std::string>{
           "\x08\x07\x13" + std::string(9, '\x01'), std::string("\x08\0\x12\x01\x01", 5), "\x08\x21\x12\x01\x01",
           "\x09\x07\x12\x01\x01", "\x08\x07\x12", "\x80", "\x01\x02\x03\x04"}) {
    BOOST_TEST(format_of(other) != "ONNX");
  }
  BOOST_TEST(format_of("").empty());
  BOOST_TEST(format_of("\xfe\xfe\xfe\xfe").empty());
  BOOST_TEST(format_of("\tname\r\n") == "text");
  BOOST_TEST(format_of("\n<!-- drawn by hand --><svg>") == "SVG");
  BOOST_TEST(format_of(std::string("\0\0\x08\x03", 4)) == "IDX images");
  BOOST_TEST(format_of(std::string("\0\0\x08\x01", 4)) == "IDX labels");
  BOOST_TEST(format_of("GGUF\x03") == "GGUF");
  BOOST_TEST(sateen::is_picture_format("HEIC"));
  BOOST_TEST(!sateen::is_picture_format("ONNX"));
  BOOST_TEST(!sateen::is_picture_format("gzip"));
}

BOOST_AUTO_TEST_SUITE_END()
