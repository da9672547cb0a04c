// The registry: built-in backends, plugins by path, and every broken plugin refused by name while the rest works.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "expect_error.hpp"
#include "sateen/device.hpp"
#include "temp_folder.hpp"
#include "variable.hpp"

namespace {

namespace fs = std::filesystem;
using sateen::ErrorCode;
using sateen::Registry;

const fs::path kFixtures = SATEEN_FIXTURE_DIR;

/// A folder with one fixture in it.
void put(const fs::path& folder, const std::string& fixture) {
  fs::copy_file(kFixtures / (fixture + ".so"), folder / (fixture + ".so"));
}

Registry::Options only(const fs::path& path) {
  return {{path}, false, {}};
}

struct Broken {
  const char* fixture;
  const char* reason;
};
std::ostream& operator<<(std::ostream& out, const Broken& b) {
  return out << b.fixture;
}

const Broken kBroken[] = {
    {"no_table", "it gives no table for version 1 of the contract"},
    {"older_major", "it is made for version 0 of the contract, this library for 1; build the plugin anew"},
    {"newer_major", "it is made for version 2 of the contract, this library for 1; it needs a newer library"},
    {"short_table", "its table is too short: 64 bytes, where version 1 of the contract has 176"},
    {"empty_entry", "its table has empty entries: run, finish"},
    {"named_auto", "or it is auto"},
    {"bad_name", "its name is not made of"},
    {"throws", "its entry function threw"},
    {"twin_of_cpu", "there is a backend 'cpu' already, the built-in one"},
    {"no_symbol", "it has no function sateen_backend_entry"},
    {"needs_library", "a library that it needs is missing: libsateen_nowhere.so"},
    {"needs_function", "it can't be loaded: undefined symbol: "},
    {"needs_half", "a library that it needs does not fit: "},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(registry)

BOOST_AUTO_TEST_CASE(cpu_is_always_there) {
  const Registry registry(Registry::Options{{}, false, {}});
  BOOST_TEST(registry.backends() == std::vector<std::string>{"cpu"}, boost::test_tools::per_element());
  const auto devices = registry.devices();
  BOOST_REQUIRE_EQUAL(devices.size(), 1U);
  BOOST_TEST(devices[0].id == "cpu");
  BOOST_TEST(devices[0].memory_bytes > 0U);
  BOOST_TEST(registry.open("cpu").info().id == "cpu");
  BOOST_TEST(registry.open("cpu", "cpu").info().id == "cpu");
}

BOOST_AUTO_TEST_CASE(a_device_outlives_its_registry) {
  auto registry = std::make_unique<Registry>();
  sateen::Device device = registry->open("cpu");
  registry.reset();
  BOOST_TEST(device.create_buffer(64).size() == 64U);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named_with_what_is) {
  const Registry registry(Registry::Options{{}, false, {}});
  EXPECT_ERROR((void)registry.open("cuda"), ErrorCode::kDevice, "'cuda'; there are: cpu");
  EXPECT_ERROR((void)registry.open("cpu", "cpu:7"), ErrorCode::kDevice, "'cpu:7'; there are: cpu");
}

BOOST_AUTO_TEST_CASE(a_plugin_is_loaded_from_a_folder_or_by_its_file) {
  const TempFolder folder;
  put(folder.path(), "good");
  for (const fs::path& path : {folder.path(), folder.path() / "good.so"}) {
    const Registry registry(only(path));
    BOOST_TEST(registry.backends().back() == "fixture");
    EXPECT_ERROR((void)registry.open("fixture"), ErrorCode::kDevice, "no device");
  }
}

BOOST_DATA_TEST_CASE(a_broken_plugin_that_was_named_is_an_error, boost::unit_test::data::make(kBroken), broken) {
  const TempFolder folder;
  put(folder.path(), broken.fixture);
  EXPECT_ERROR(const Registry registry(only(folder.path())), ErrorCode::kDevice, broken.reason);
}

BOOST_DATA_TEST_CASE(a_broken_plugin_on_the_way_is_listed, boost::unit_test::data::make(kBroken), broken) {
  const TempFolder folder;
  put(folder.path(), broken.fixture);
  put(folder.path(), "good");
  const Variable variable("SATEEN_BACKEND_PATH", folder.path().string());
  const Registry registry;
  const auto backends = registry.backends();
  BOOST_TEST((std::find(backends.begin(), backends.end(), "fixture") != backends.end()));
  BOOST_TEST((std::find(backends.begin(), backends.end(), "cpu") != backends.end()));
  BOOST_TEST(registry.open("cpu").info().id == "cpu");
  bool listed = false;
  for (const auto& u : registry.unavailable()) {
    if (u.name != broken.fixture) continue;
    listed = true;
    const std::string file = (folder / (std::string(broken.fixture) + ".so")).string();
    BOOST_TEST(u.reason.compare(0, file.size() + 2, file + ": ") == 0, u.reason);
    BOOST_TEST(u.reason.find(broken.reason) != std::string::npos, u.reason);
    EXPECT_ERROR((void)registry.open(broken.fixture), ErrorCode::kDevice, broken.reason);
  }
  BOOST_TEST(listed);
}

// What is refused before any of its code runs, by name, while a good plugin and cpu work.
BOOST_AUTO_TEST_CASE(a_file_that_is_no_plugin_is_listed) {
  const TempFolder folder;
  const auto bytes = get_file(kFixtures / "good.so");
  const std::span<const uint8_t> whole(bytes);
  put(folder.path(), "subset");
  put_file(folder / "text.so", "not a library");
  put_file(folder / "empty.so", "");
  put_file(folder / "header.so", whole.first(40));
  put_file(folder / "parts.so", whole.first(80));
  put_file(folder / "cut.so", whole.first(bytes.size() / 4));
  std::vector<uint8_t> other = bytes;
  other[4] = 1;  // of 32 bits
  put_file(folder / "narrow.so", other);
  other = bytes;
  other[18] ^= 1;  // of another processor
  put_file(folder / "foreign.so", other);
  fs::create_directory(folder / "folder.so");
  fs::create_symlink("loop.so", folder / "loop.so");
  fs::create_symlink("nowhere", folder / "dangling.so");
  fs::create_symlink("text.so", folder / "link.so");
  BOOST_REQUIRE_EQUAL(::mkfifo((folder / "pipe.so").c_str(), 0600), 0);
  put_file(folder / "open.so", whole);
  BOOST_REQUIRE_EQUAL(::chmod((folder / "open.so").c_str(), 0666), 0);
  const Variable variable("SATEEN_BACKEND_PATH", folder.path().string());
  const Registry registry;
  const std::pair<const char*, const char*> expected[] = {
      {"text", "it is no shared library"},
      {"empty", "it is empty"},
      {"header", "it was cut short"},
      {"parts", "it was cut short"},
      {"cut", "it was cut short"},
      {"narrow", "it is for another kind of processor"},
      {"foreign", "it is for another kind of processor"},
      {"folder", "it is a folder"},
      {"loop", "Too many levels of symbolic links"},
      {"dangling", "No such file or directory"},
      {"pipe", "it is not a regular file"},
      {"open", "it is writable for everybody, so nothing is loaded from it; remove that right with chmod o-w"},
  };
  const auto unavailable = registry.unavailable();
  const auto reason_of = [&](const std::string& name) {
    const auto found =
        std::find_if(unavailable.begin(), unavailable.end(), [&](const auto& u) { return u.name == name; });
    return found != unavailable.end() ? found->reason : "not listed";
  };
  for (const auto& [name, reason] : expected) {
    BOOST_TEST(reason_of(name).find((folder / (std::string(name) + ".so")).string() + ": " + reason) == 0U,
               name << ": " << reason_of(name));
  }
  BOOST_TEST(reason_of("link") == (folder / "link.so").string() + ", a link to " +
                                      fs::canonical(folder / "text.so").string() + ": it is no shared library");
  BOOST_TEST(registry.open("subset").info().id == "subset");
  BOOST_TEST(registry.open("cpu").info().id == "cpu");
  EXPECT_ERROR(const Registry named(only(folder / "text.so")), ErrorCode::kDevice, "text.so: it is no shared library");
  EXPECT_ERROR(const Registry named(only(folder / "none")), ErrorCode::kDevice, "not there");
}

BOOST_AUTO_TEST_CASE(a_hint_beside_a_plugin_says_what_to_install) {
  const TempFolder folder;
  put(folder.path(), "needs_library");
  const fs::path hint = folder / "needs_library.hint";
  const auto reason = [&] {
    const auto error = error_of([&] { return Registry(only(folder.path())).backends(); });
    BOOST_REQUIRE(error.has_value());
    BOOST_TEST(is_one_line(error->what()));
    return std::string(error->what());
  };
  const std::string bare = reason();
  BOOST_TEST(bare.find("a library that it needs is missing: libsateen_nowhere.so") != std::string::npos, bare);
  put_file(hint, "apt install it\nnot this");
  BOOST_TEST(reason() == bare + "; apt install it");
  put_file(hint, "\x1b[31mred\tand more");
  BOOST_TEST(reason() == bare + ";  [31mred and more");
  put_file(hint, std::string(5000, 'x'));
  BOOST_TEST(reason().size() < bare.size() + 400);
  BOOST_REQUIRE_EQUAL(::chmod(hint.c_str(), 0666), 0);
  BOOST_TEST(reason() == bare);
  fs::remove(hint);
  BOOST_REQUIRE_EQUAL(::mkfifo(hint.c_str(), 0600), 0);
  BOOST_TEST(reason() == bare);
  // A plugin that is broken itself gets no hint.
  put_file(folder / "needs_library.so", "no library");
  fs::remove(hint);
  put_file(hint, "apt install it");
  BOOST_TEST(reason().find("apt") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_pipe_is_refused_and_not_waited_for) {
  const TempFolder folder;
  BOOST_REQUIRE_EQUAL(::mkfifo((folder / "pipe.so").c_str(), 0600), 0);
  EXPECT_ERROR(Registry(only(folder.path())), ErrorCode::kDevice, "not a regular file");
  EXPECT_ERROR(Registry(only(folder / "pipe.so")), ErrorCode::kDevice, "not a regular file");
}

BOOST_AUTO_TEST_CASE(nothing_is_loaded_from_where_anybody_can_write) {
  const TempFolder folder;
  put(folder.path(), "good");
  BOOST_REQUIRE_EQUAL(::chmod((folder.path() / "good.so").c_str(), 0777), 0);
  EXPECT_ERROR(const Registry registry(only(folder.path())), ErrorCode::kDevice, "writable for everybody");
  BOOST_REQUIRE_EQUAL(::chmod((folder.path() / "good.so").c_str(), 0755), 0);
  BOOST_REQUIRE_EQUAL(::chmod(folder.path().c_str(), 0777), 0);
  EXPECT_ERROR(const Registry registry(only(folder.path())), ErrorCode::kDevice, "writable for everybody");
  EXPECT_ERROR(const Registry registry(only(folder.path() / "good.so")), ErrorCode::kDevice, "writable for everybody");
}

BOOST_AUTO_TEST_CASE(a_relative_path_in_the_environment_is_refused) {
  const TempFolder folder;
  put(folder.path(), "good");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  const Variable variable("SATEEN_BACKEND_PATH", ".");
  const Registry registry;
  fs::current_path(before);
  for (const std::string& name : registry.backends()) BOOST_TEST(name != "fixture");
  BOOST_REQUIRE_EQUAL(registry.unavailable().size(), 1U);
  BOOST_TEST(registry.unavailable()[0].reason == ". is not a full path");
}

BOOST_AUTO_TEST_CASE(a_device_is_described) {
  const Registry registry(Registry::Options{{}, false, {}});
  BOOST_TEST(!registry.describe(registry.find("cpu")).empty());
  sateen::DeviceInfo other;
  other.backend = "nobody";
  BOOST_TEST(registry.describe(other).empty());
  const sateen::Description opened = registry.open("cpu", {}, {"threads=1"}).describe();
  BOOST_TEST(
      (std::find(opened.begin(), opened.end(), std::pair<std::string, std::string>("threads", "1")) != opened.end()));
}

BOOST_AUTO_TEST_SUITE_END()
