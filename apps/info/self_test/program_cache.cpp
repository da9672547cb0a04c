// What the device says of its programs: compiled once and then loaded, and whose GEMM they use.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "common/numbers.hpp"
#include "info/self_test/checks.hpp"
#include "info/self_test/counting.hpp"
#include "sateen/error.hpp"

namespace sateen::app {

namespace {

namespace fs = std::filesystem;

/// An empty folder that goes with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = fs::temp_directory_path() / "sateen-self-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      throw Error(ErrorCode::kOutput, "no folder can be made in " + fs::temp_directory_path().string());
    }
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const fs::path& path() const { return path_; }
  bool has_files() const {
    const fs::recursive_directory_iterator all(path_);
    return std::any_of(begin(all), end(all), [](const fs::directory_entry& e) { return e.is_regular_file(); });
  }

 private:
  fs::path path_;
};

std::optional<std::string> value_of(const Description& description, const std::string& key) {
  for (const auto& [name, value] : description) {
    if (name == key) return value;
  }
  return std::nullopt;
}

struct Start {
  int32_t count = 0;  // what the program counted
  std::optional<uint64_t> built, loaded;
};

Start start(const Subject& subject, const fs::path& folder) {
  Device device = subject.open_with_cache(folder);
  CountingProgram program(device);
  program.run();
  Start r;
  r.count = program.count();
  const Description description = device.describe();
  if (const auto built = value_of(description, "programs_built")) r.built = parse_unsigned(*built);
  if (const auto loaded = value_of(description, "programs_loaded")) r.loaded = parse_unsigned(*loaded);
  return r;
}

}  // namespace

Outcome check_program_cache(Subject& subject) {
  std::optional<TemporaryFolder> made;
  try {
    made.emplace();
  } catch (const std::exception& error) {  // which says nothing of the device
    return skipped(error.what());
  }
  const TemporaryFolder& folder = *made;
  const Start first = start(subject, folder.path());
  if (!first.built || !first.loaded) return skipped("the backend compiles no programs that it could keep");
  const Start second = start(subject, folder.path());
  if (first.count != 1 || second.count != 1) return failed("a program that was kept computes something else");
  if (!folder.has_files()) return skipped("the driver gives no compiled programs: each start compiles its own");
  if (second.built != uint64_t{0} || second.loaded != first.built) {
    return failed("of " + std::to_string(*first.built) + " programs that were kept the driver took " +
                  std::to_string(second.loaded.value_or(0)));
  }
  return passed("what was compiled is kept, loaded at the next start, and computes the same");
}

Outcome check_gemm(Subject& subject) {
  const auto gemm = value_of(subject.device().describe(), "gemm");
  return gemm ? passed(*gemm) : skipped("the backend does not say who multiplies matrices");
}

}  // namespace sateen::app
