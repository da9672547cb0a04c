// Expects that a call fails as it should: by sateen::Error of one kind, with one line that says certain words.
#pragma once

#include <cctype>
#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>

#include "sateen/error.hpp"

/// What call() threw; nothing if it threw nothing.
template <typename F>
std::optional<sateen::Error> error_of(F&& call) {
  try {
    static_cast<void>(call());
  } catch (const sateen::Error& error) {
    return error;
  }
  return std::nullopt;
}

inline bool is_one_line(const std::string& text) {
  for (const char c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) return false;
  }
  return !text.empty();
}

#define EXPECT_ERROR(call, expected_code, words)                                     \
  do {                                                                               \
    const auto thrown = error_of([&] {                                               \
      call;                                                                          \
      return 0;                                                                      \
    });                                                                              \
    BOOST_TEST_REQUIRE(thrown.has_value());                                          \
    BOOST_TEST(static_cast<int>(thrown->code()) == static_cast<int>(expected_code)); \
    BOOST_TEST(std::string(thrown->what()).find(words) != std::string::npos,         \
               "'" << thrown->what() << "' lacks '" << (words) << "'");              \
    BOOST_TEST(is_one_line(thrown->what()));                                         \
  } while (false)
