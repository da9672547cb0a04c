// The cache folder: which of the variables names it, and that an open device is told.
#define BOOST_TEST_DYN_LINK
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "sateen/cache.hpp"
#include "sateen/device.hpp"
#include "sateen/sdk/host.hpp"
#include "variable.hpp"

namespace {

namespace fs = std::filesystem;
using sateen::default_cache_folder;

/// The four variables as a test wants them.
struct Variables {
  Variable disable{"SATEEN_CACHE_DISABLE", nullptr};
  Variable own, xdg, home;

  Variables(const char* own_value, const char* xdg_value, const char* home_value)
      : own("SATEEN_CACHE_DIR", own_value), xdg("XDG_CACHE_HOME", xdg_value), home("HOME", home_value) {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cache_folder)

BOOST_AUTO_TEST_CASE(the_first_variable_that_is_set_names_it) {
  {
    const Variables v("/a", "/b", "/c");
    BOOST_TEST(default_cache_folder() == fs::path("/a"));
  }
  {
    const Variables v("", "/b", "/c");
    BOOST_TEST(default_cache_folder() == fs::path("/b/sateen"));
  }
  {
    const Variables v(nullptr, nullptr, "/c");
    BOOST_TEST(default_cache_folder() == fs::path("/c/.cache/sateen"));
  }
  {
    const Variables v(nullptr, nullptr, nullptr);
    BOOST_TEST(default_cache_folder() == fs::path());
  }
}

BOOST_AUTO_TEST_CASE(only_full_paths_count) {
  {
    const Variables v(nullptr, "b", "/c");
    BOOST_TEST(default_cache_folder() == fs::path("/c/.cache/sateen"));
  }
  {
    const Variables v(nullptr, "b", "c");
    BOOST_TEST(default_cache_folder() == fs::path());
  }
  const Variables v("a", "/b", "/c");
  std::vector<std::string> said;
  const auto log = [&](sateen::LogLevel, std::string_view line) { said.emplace_back(line); };
  BOOST_TEST(default_cache_folder(log) == fs::path());
  BOOST_TEST(default_cache_folder() == fs::path());
  BOOST_TEST(said == std::vector<std::string>{"SATEEN_CACHE_DIR is not a full path: a; nothing is kept"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_can_be_turned_off) {
  const Variables v("/a", "/b", "/c");
  {
    const Variable disable("SATEEN_CACHE_DISABLE", "1");
    BOOST_TEST(default_cache_folder() == fs::path());
  }
  const Variable disable("SATEEN_CACHE_DISABLE", "0");
  BOOST_TEST(default_cache_folder() == fs::path("/a"));
}

BOOST_AUTO_TEST_CASE(a_registry_takes_the_option_before_the_environment) {
  const Variables v("/a", nullptr, nullptr);
  sateen::Registry::Options options;
  options.default_paths = false;
  BOOST_TEST(sateen::Registry(options).cache_folder() == fs::path("/a"));
  options.cache_folder = "/b";
  BOOST_TEST(sateen::Registry(options).cache_folder() == fs::path("/b"));
  options.cache_folder = fs::path();
  BOOST_TEST(sateen::Registry(options).cache_folder() == fs::path());
}

BOOST_AUTO_TEST_CASE(the_sdk_reads_the_field_only_where_it_is) {
  sateen_host host{};
  host.struct_size = sizeof host;
  host.cache_folder = "/a";
  BOOST_TEST(sateen::sdk::Host(&host).cache_folder() == "/a");
  host.cache_folder = nullptr;
  BOOST_TEST(sateen::sdk::Host(&host).cache_folder() == "");
  host.cache_folder = "/a";
  host.struct_size = offsetof(sateen_host, cache_folder);
  BOOST_TEST(sateen::sdk::Host(&host).cache_folder() == "");
}

BOOST_AUTO_TEST_SUITE_END()
