// Runs sateen-capped-load, a process that may take 64 MiB more memory than it has, and a second: what loaders need to refuse
// a file that lies about its size.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "sateen/error.hpp"

/// What the resident size may grow by. AddressSanitizer puts more around small pieces of memory than many of them hold.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SATEEN_ADDRESS_SANITIZER
#endif
#endif
#if defined(SATEEN_ADDRESS_SANITIZER) || defined(__SANITIZE_ADDRESS__)
constexpr long kMostGrowth = 128L << 20;
#else
constexpr long kMostGrowth = 64L << 20;
#endif

struct CappedRun {
  std::string said;  ///< what sateen::Error said; empty where nothing was thrown
  int code = -1;     ///< its ErrorCode
  double seconds = 0;
  long grown_bytes = 0;   ///< the largest resident size beyond that at the start
  bool finished = false;  ///< neither a signal nor another exception
};

/// what: model, picture, idx1, idx3, take. The argument has no quotes in it.
inline CappedRun run_capped(const std::string& what, const std::string& argument) {
  const std::string command = "'" SATEEN_CAPPED_LOAD "' " + what + " '" + argument + "'";
  std::FILE* const output = ::popen(command.c_str(), "r");
  BOOST_TEST_REQUIRE(output != nullptr);
  std::array<char, 4000> line{};
  const bool answered = std::fgets(line.data(), line.size(), output) != nullptr;
  CappedRun run;
  run.finished = ::pclose(output) == 0 && answered;
  std::istringstream answer(line.data());
  answer >> run.code >> run.seconds >> run.grown_bytes >> std::ws;
  std::getline(answer, run.said);
  return run;
}

/// Expects that loading it is refused as kBadInput with these words, within a second and the cap.
inline void expect_capped_refusal(const std::string& what, const std::filesystem::path& path,
                                  const std::string& words) {
  const CappedRun run = run_capped(what, path.string());
  BOOST_TEST(run.finished);
  BOOST_TEST(run.code == static_cast<int>(sateen::ErrorCode::kBadInput), run.said);
  BOOST_TEST(run.said.find(words) != std::string::npos, "'" << run.said << "' lacks '" << words << "'");
  BOOST_TEST(run.seconds < 1.0, run.seconds << " s: " << run.said);
  BOOST_TEST(run.grown_bytes < kMostGrowth, run.grown_bytes << " bytes: " << run.said);
}
