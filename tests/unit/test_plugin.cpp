// Plugins in detail: which tables and files are refused, where they are looked for, and what becomes of what they answer.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect_error.hpp"
#include "faulty_calls.hpp"
#include "runtime/plugin.hpp"
#include "runtime/plugin_file.hpp"
#include "runtime/plugin_folders.hpp"
#include "sateen/device.hpp"
#include "temp_folder.hpp"
#include "variable.hpp"

namespace {

namespace fs = std::filesystem;
using sateen::ErrorCode;
using sateen::Registry;

const fs::path kFixtures = SATEEN_FIXTURE_DIR;

/// A folder that only its owner writes to, with one fixture in it.
struct With {
  TempFolder folder;

  explicit With(const std::string& fixture) {
    fs::copy_file(kFixtures / (fixture + ".so"), folder / (fixture + ".so"));
  }
  Registry open(sateen::LogSink log = {}, const fs::path& cache_folder = {}) const {
    return Registry({{folder.path()}, false, std::move(log), cache_folder});
  }
};

const sateen_backend& good_table() {
  return *sateen::load_plugin(kFixtures / "good.so");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plugins)

BOOST_AUTO_TEST_CASE(a_table_lacks_nothing) {
  sateen::check_backend_table(&good_table());
  EXPECT_ERROR(sateen::check_backend_table(nullptr), ErrorCode::kDevice, "gives no table");
  using Table = sateen_backend;
  const std::vector<std::function<void(Table&)>> removals = {[](Table& t) { t.name = nullptr; },
                                                             [](Table& t) { t.version = nullptr; },
                                                             [](Table& t) { t.device_count = nullptr; },
                                                             [](Table& t) { t.device_info = nullptr; },
                                                             [](Table& t) { t.device_open = nullptr; },
                                                             [](Table& t) { t.device_close = nullptr; },
                                                             [](Table& t) { t.last_error = nullptr; },
                                                             [](Table& t) { t.buffer_create = nullptr; },
                                                             [](Table& t) { t.buffer_destroy = nullptr; },
                                                             [](Table& t) { t.write = nullptr; },
                                                             [](Table& t) { t.read = nullptr; },
                                                             [](Table& t) { t.read_async = nullptr; },
                                                             [](Table& t) { t.mark = nullptr; },
                                                             [](Table& t) { t.event_wait = nullptr; },
                                                             [](Table& t) { t.event_destroy = nullptr; },
                                                             [](Table& t) { t.compile = nullptr; },
                                                             [](Table& t) { t.program_destroy = nullptr; },
                                                             [](Table& t) { t.run = nullptr; },
                                                             [](Table& t) { t.finish = nullptr; },
                                                             [](Table& t) { t.extension = nullptr; }};
  for (const auto& remove : removals) {
    Table table = good_table();
    remove(table);
    EXPECT_ERROR(sateen::check_backend_table(&table), ErrorCode::kDevice, "its table has empty entries");
  }
  Table table = good_table();
  // A table of 0 bytes says nothing of its version either.
  for (const uint32_t bytes : {0U, 11U, 12U, static_cast<uint32_t>(sizeof(Table)) - 1}) {
    table.struct_size = bytes;
    EXPECT_ERROR(sateen::check_backend_table(&table), ErrorCode::kDevice,
                 "too short: " + std::to_string(bytes) + " bytes");
  }
  table.struct_size = sizeof(Table) + 8;  // a later minor version's
  sateen::check_backend_table(&table);
}

BOOST_AUTO_TEST_CASE(a_name_is_a_word) {
  sateen_backend table = good_table();
  for (const std::string& name : {std::string("az09_"), std::string(64, 'a')}) {
    table.name = name.c_str();
    sateen::check_backend_table(&table);
  }
  for (const std::string& name : std::vector<std::string>{"", "auto", std::string(65, 'a'), "A", "a b", "a`", "a{",
                                                          "a/", "a:", "..", "a\n", "gr\xc3\xb6sse"}) {
    table.name = name.c_str();
    EXPECT_ERROR(sateen::check_backend_table(&table), ErrorCode::kDevice, "its name is not made of");
  }
}

BOOST_AUTO_TEST_CASE(links_to_plugins_lead_somewhere) {
  const With good("good");
  const TempFolder folder;
  fs::create_symlink(good.folder / "good.so", folder / "link.so");
  BOOST_TEST(Registry({{folder.path()}, false, {}}).backends().back() == "fixture");
  // The folder that it leads to counts.
  BOOST_REQUIRE_EQUAL(::chmod(good.folder.path().c_str(), 0777), 0);
  EXPECT_ERROR(Registry({{folder.path()}, false, {}}), ErrorCode::kDevice, "writable for everybody");
  // And the one that the link lies in, wherever it leads; of a folder that is a link, too.
  BOOST_REQUIRE_EQUAL(::chmod(good.folder.path().c_str(), 0700), 0);
  const TempFolder open;
  fs::create_symlink(good.folder.path(), open / "way");
  fs::create_symlink(good.folder / "good.so", open / "link.so");
  sateen::load_plugin(open / "./way/good.so");
  for (const mode_t mode : {0777U, 01777U}) {
    BOOST_REQUIRE_EQUAL(::chmod(open.path().c_str(), mode), 0);
    for (const char* path : {"way/good.so", "link.so"}) {
      EXPECT_ERROR(sateen::load_plugin(open / path), ErrorCode::kDevice,
                   "the folder of a link to it, " + open.path().string() + ", is writable for everybody");
    }
  }
  fs::remove(folder / "link.so");
  fs::create_symlink("nowhere.so", folder / "dangling.so");
  EXPECT_ERROR(Registry({{folder.path()}, false, {}}), ErrorCode::kDevice, "dangling.so: No such file");
  fs::create_symlink("loop", folder / "loop");
  EXPECT_ERROR(Registry({{folder / "loop"}, false, {}}), ErrorCode::kDevice, "loop: Too many levels of symbolic links");
}

// What the loader itself says of such is wrong, or it ends the process.
BOOST_AUTO_TEST_CASE(headers_that_do_not_fit) {
  const TempFolder folder;
  const std::vector<uint8_t> good = get_file(kFixtures / "good.so");
  const auto expect = [&](const std::function<void(uint8_t*)>& change, const char* words) {
    std::vector<uint8_t> bytes = good;
    change(bytes.data());
    put_file(folder / "odd.so", bytes);
    EXPECT_ERROR(sateen::load_plugin(folder / "odd.so"), ErrorCode::kDevice, words);
  };
  const char* other = "odd.so: it is for another kind of processor";
  expect([](uint8_t* file) { file[offsetof(Elf64_Ehdr, e_machine)] ^= 1; }, other);
  expect([](uint8_t* file) { file[EI_CLASS] = ELFCLASS32; }, other);
  expect([](uint8_t* file) { file[EI_DATA] ^= 3; }, other);
  const auto shrink = [](uint8_t* file) {
    const auto& header = *reinterpret_cast<const Elf64_Ehdr*>(file);
    auto* parts = reinterpret_cast<Elf64_Phdr*>(file + header.e_phoff);
    Elf64_Phdr* end = parts + header.e_phnum;
    std::find_if(parts, end, [](const Elf64_Phdr& part) { return part.p_type == PT_LOAD; })->p_memsz = 1;
  };
  expect(shrink, "odd.so: it is damaged; copy or build it anew");
}

BOOST_AUTO_TEST_CASE(folders_above_a_plugin) {
  const TempFolder folder;
  fs::create_directories(folder / "a/b");
  fs::copy_file(kFixtures / "good.so", folder / "a/b/good.so");
  const fs::path above = folder / "a";
  BOOST_REQUIRE_EQUAL(::chmod(above.c_str(), 0777), 0);
  EXPECT_ERROR(sateen::load_plugin(folder / "a/b/good.so"), ErrorCode::kDevice,
               "good.so: a folder above it, " + above.string() + ", is writable for everybody");
  BOOST_REQUIRE_EQUAL(::chmod(above.c_str(), 01777), 0);  // only its owner may replace b
  sateen::load_plugin(folder / "a/b/good.so");
}

// Only root can give files away.
BOOST_AUTO_TEST_CASE(a_plugin_of_a_third_one, *boost::unit_test::precondition([](auto) { return ::geteuid() == 0; })) {
  const With good("good");
  BOOST_REQUIRE_EQUAL(::chown(good.folder.path().c_str(), 65534, 65534), 0);
  BOOST_REQUIRE_EQUAL(::chown((good.folder / "good.so").c_str(), 65534, 65534), 0);
  EXPECT_ERROR(sateen::load_plugin(good.folder / "good.so"), ErrorCode::kDevice,
               "it belongs to user 65534, who is neither root, nor you, nor the owner of this library");
  // As where a tree is somebody's, and root runs what is in it.
  BOOST_TEST(sateen::is_trusted(65534, good.folder / "good.so"));
  BOOST_TEST(!sateen::is_trusted(65533, good.folder / "good.so"));
  BOOST_TEST(!sateen::is_trusted(65534, good.folder / "none"));
  BOOST_TEST(!sateen::is_trusted(65534, {}));
  BOOST_REQUIRE_EQUAL(::chown((good.folder / "good.so").c_str(), 0, 0), 0);
  sateen::load_plugin(good.folder / "good.so");
}

// A plugin whose file or folder can't be looked at is not loaded, whichever look it is.
BOOST_AUTO_TEST_CASE(what_can_not_be_examined_is_not_loaded) {
  const With good("good");
  int refused = 0;
  for (bool met = true; met; ++refused) {
    const FaultyCall fault(Call::kStatPath, EIO, refused);
    const auto thrown = error_of([&] { return sateen::load_plugin(good.folder / "good.so"); });
    met = fault.met();
    BOOST_TEST(thrown.has_value() == met);
    if (met) BOOST_TEST((thrown->code() == ErrorCode::kDevice));
  }
  BOOST_TEST(refused >= 1 + 2);  // the file, its folder, and none
  for (const Call call : {Call::kOpenAt, Call::kListFolder}) {
    const FaultyCall fault(call, EMFILE);
    EXPECT_ERROR(sateen::plugin_files(good.folder.path()), ErrorCode::kDevice, "Too many open files");
    BOOST_TEST(fault.met());
  }
}

// This program is in a build tree, and the library in it.
BOOST_AUTO_TEST_CASE(the_usual_folders_are_an_installed_tree_s_and_the_build_tree_s) {
  const auto folders = sateen::usual_plugin_folders();
  BOOST_REQUIRE(folders.size() == 3U);
  const fs::path tree = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  BOOST_TEST(folders[1] == tree / "sateen/backends");
  const std::string program_tree = tree.string() + "/lib";
  BOOST_TEST(folders[0].string().compare(0, program_tree.size(), program_tree) == 0);
  for (const fs::path& folder : folders) {
    BOOST_TEST(folder.is_absolute());
    BOOST_TEST(folder == folder.lexically_normal());
    BOOST_TEST((folder.parent_path().filename() / folder.filename()) == "sateen/backends");
  }
  // Without /proc nothing is known of the program.
  const FaultyCall fault(Call::kReadLink, EACCES);
  BOOST_TEST((sateen::usual_plugin_folders() == std::vector<fs::path>{folders[2]}));
  BOOST_TEST(fault.met());
}

BOOST_AUTO_TEST_CASE(a_folder_that_a_third_one_made_is_none_of_them) {
  const TempFolder folder;
  const fs::path roots = "/usr";
  if (::geteuid() == 0) BOOST_REQUIRE_EQUAL(::chown(folder.path().c_str(), 65534, 65534), 0);
  BOOST_TEST(!sateen::belongs_to(folder.path(), roots));
  BOOST_TEST(sateen::belongs_to(folder.path(), folder.path()));
  BOOST_TEST(sateen::belongs_to(roots, folder.path()));
  BOOST_TEST(sateen::belongs_to(folder / "none", roots));
  BOOST_TEST(!sateen::belongs_to(folder.path(), folder / "none"));
}

BOOST_AUTO_TEST_CASE(hints_that_say_nothing_or_too_much) {
  const With needs("needs_library");
  const auto reason = [&] {
    const auto error = error_of([&] { return needs.open().backends(); });
    BOOST_REQUIRE(error.has_value());
    return std::string(error->what());
  };
  const std::string bare = reason();
  put_file(needs.folder / "needs_library.hint", "\nnot this");
  BOOST_TEST(reason() == bare);
  put_file(needs.folder / "needs_library.hint", "a\x7f");
  BOOST_TEST(reason() == bare + "; a ");
}

BOOST_AUTO_TEST_CASE(the_environment_names_several_folders) {
  const With good("good");
  const Variable disable("SATEEN_CACHE_DISABLE", "1");
  const std::string path = good.folder.path().string();
  // The same one twice is no twin of itself.
  const Variable variable("SATEEN_BACKEND_PATH", "::" + path + ":" + path + "/none:" + path + ":");
  const Registry registry;
  const auto backends = registry.backends();
  BOOST_TEST(std::count(backends.begin(), backends.end(), "fixture") == 1);
  const auto unavailable = registry.unavailable();
  BOOST_TEST(std::count_if(unavailable.begin(), unavailable.end(), [&](const auto& u) {
               return u.name == path + "/none" && u.reason == path + "/none is not there";
             }) == 1);
  EXPECT_ERROR((void)registry.open("cuda"), ErrorCode::kDevice, path + "/none can't be used: ");
}

// Planted beside the user's data: nothing is looked for in the current folder.
BOOST_AUTO_TEST_CASE(the_current_folder_is_not_looked_at) {
  const With planted("good");
  fs::create_directory(planted.folder / "backends");
  for (const char* name : {"sateen_opencl.so", "libsateen_opencl.so", "backends/sateen_fixture.so"}) {
    fs::copy_file(kFixtures / "good.so", planted.folder / name);
  }
  const fs::path before = fs::current_path();
  fs::current_path(planted.folder.path());
  std::vector<std::string> backends;
  for (const char* path : {"", ".", "./", "backends", "good.so", "~"}) {
    const Variable variable("SATEEN_BACKEND_PATH", path);
    const auto found = Registry().backends();
    backends.insert(backends.end(), found.begin(), found.end());
  }
  fs::current_path(before);
  BOOST_TEST(std::count(backends.begin(), backends.end(), "fixture") == 0);
}

BOOST_AUTO_TEST_CASE(two_of_one_name) {
  const With good("good");
  fs::copy_file(kFixtures / "good.so", good.folder / "other.so");
  EXPECT_ERROR(good.open(), ErrorCode::kDevice,
               "other.so: there is a backend 'fixture' already, that of " + (good.folder / "good.so").string());
}

BOOST_AUTO_TEST_CASE(a_plugin_that_does_not_load_is_known_by_its_file) {
  const TempFolder folder;
  put_file(folder / "sateen_odd.so", "no library");
  const Variable variable("SATEEN_BACKEND_PATH", folder.path().string());
  EXPECT_ERROR((void)Registry().open("odd"), ErrorCode::kDevice, "backend 'odd' can't be used: ");
  EXPECT_ERROR((void)Registry().open("other"), ErrorCode::kDevice, "odd can't be used: ");
}

BOOST_AUTO_TEST_CASE(what_a_plugin_fails_at_is_told) {
  const With plugin("sateen_scripted");
  const Registry registry = plugin.open();
  const sateen::DeviceInfo device = registry.find("scripted", "scripted:1");
  BOOST_TEST(device.vendor.empty());
  BOOST_TEST(registry.devices().size() == 3U);
  BOOST_TEST(registry.unavailable().empty());
  BOOST_TEST((registry.describe(device) == sateen::Description{{"limit", "none"}}));
  {
    const Variable script("SATEEN_SCRIPT", "count");
    EXPECT_ERROR((void)registry.find("scripted"), ErrorCode::kDevice, "scripted: look for devices: as the script says");
    BOOST_TEST(registry.devices().size() == 1U);
    BOOST_TEST_REQUIRE(registry.unavailable().size() == 1U);
    BOOST_TEST(registry.unavailable()[0].reason == "as the script says");
  }
  {
    const Variable script("SATEEN_SCRIPT", "silent count");
    BOOST_TEST_REQUIRE(registry.unavailable().size() == 1U);
    BOOST_TEST(registry.unavailable()[0].reason.empty());
    EXPECT_ERROR((void)registry.find("scripted"), ErrorCode::kDevice, "look for devices: failed with status");
  }
  {
    const Variable script("SATEEN_SCRIPT", "info");
    EXPECT_ERROR((void)registry.find("scripted"), ErrorCode::kDevice, "scripted: describe a device: as the script");
  }
  {
    const Variable script("SATEEN_SCRIPT", "open");
    EXPECT_ERROR((void)registry.open("scripted"), ErrorCode::kNoMemory, "scripted:0: open: as the script says");
  }
  const Variable script("SATEEN_SCRIPT", "describe");
  EXPECT_ERROR((void)registry.describe(device), ErrorCode::kDevice, "scripted:1: describe: as the script says");
}

BOOST_AUTO_TEST_CASE(remarks_are_lines) {
  const With plugin("sateen_scripted");
  const Registry registry = plugin.open();
  const auto remarks = registry.remarks();
  BOOST_TEST_REQUIRE(remarks.size() == 2U);
  BOOST_TEST(remarks[0].backend == "scripted");
  BOOST_TEST(remarks[0].text == "a card without a driver");
  BOOST_TEST(remarks[1].text == "another one");
  for (const char* word : {"remarks", "no remarks"}) {
    const Variable script("SATEEN_SCRIPT", word);
    BOOST_TEST(registry.remarks().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_plugin_has_a_log_and_perhaps_a_cache) {
  const With plugin("sateen_scripted");
  std::vector<std::pair<sateen::LogLevel, std::string>> lines;
  const auto log = [&](sateen::LogLevel level, std::string_view line) { lines.emplace_back(level, line); };
  (void)plugin.open(log, "kept").open("scripted");
  (void)plugin.open(log, fs::path()).open("scripted");
  BOOST_TEST_REQUIRE(lines.size() == 4U);
  BOOST_TEST(lines[0].second == "keeps");
  BOOST_TEST((lines[1].first == sateen::LogLevel::kError));  // a level that is none is the highest
  BOOST_TEST(lines[2].second == "keeps nothing");
  (void)plugin.open().open("scripted");  // nobody listens
  (void)plugin.open([](sateen::LogLevel, std::string_view) { throw std::runtime_error("a sink must not"); })
      .open("scripted");
  BOOST_TEST(lines.size() == 4U);
}

BOOST_AUTO_TEST_CASE(choices_of_kernels_are_lines) {
  const With plugin("sateen_scripted");
  const Registry registry = plugin.open();
  BOOST_TEST(registry.tunes("scripted"));
  BOOST_TEST(!registry.tunes("cpu"));
  BOOST_TEST(!registry.tunes("none"));
  sateen::Device device = registry.open("scripted");
  BOOST_TEST(device.choices().empty());
  const sateen::Choices choices = {{"conv 1 -> 2", "fast"}, {"dense", "own"}};
  device.pin(choices);
  BOOST_TEST((device.choices() == choices));
  for (const char* word : {"", "a\nb", "a = b", " a", "a "}) {
    EXPECT_ERROR(device.pin({{word, "own"}}), ErrorCode::kUsage, "printable ASCII");
    EXPECT_ERROR(device.pin({{"dense", word}}), ErrorCode::kUsage, "printable ASCII");
  }
  const std::vector<sateen::TunedVariant> variants = device.variants();
  BOOST_TEST_REQUIRE(variants.size() == 3U);
  BOOST_TEST((variants[0].key == "conv" && variants[0].variant == "fast" && variants[0].nanoseconds == 800));
  BOOST_TEST((variants[1].refused && variants[1].nanoseconds == 0));
  BOOST_TEST((variants[2].variant == "own" && !variants[2].refused && variants[2].nanoseconds == 0));
  {
    const Variable script("SATEEN_SCRIPT", "no choices");
    BOOST_TEST(device.choices().empty());
  }
  const Variable script("SATEEN_SCRIPT", "choices");
  EXPECT_ERROR((void)device.choices(), ErrorCode::kDevice, "choices of kernels: as the script says");
  // Where there is nothing to choose from.
  sateen::Device cpu = registry.open("cpu");
  cpu.pin(choices);
  BOOST_TEST(cpu.choices().empty());
  BOOST_TEST(cpu.variants().empty());
}

BOOST_AUTO_TEST_SUITE_END()
