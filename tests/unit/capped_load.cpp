// Loads one file with 64 MiB more memory than a fresh process has, and says how that ended: for capped.hpp.
// Usage: sateen-capped-load model|picture|idx1|idx3 FILE, or take MIB, which allocates. One line on stdout:
// CODE SECONDS BYTES MESSAGE: sateen::Error's code or -1, CPU time, growth of the resident size. Exit code 3: another exception.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "data/idx.hpp"
#include "sateen/error.hpp"
#include "sateen/image.hpp"
#include "sateen/model_file.hpp"

namespace {

constexpr long kCapBytes = 64L << 20;

void load(std::string_view what, const std::string& argument) {
  if (what == "model") {
    sateen::load_model(argument);
  } else if (what == "picture") {
    sateen::load_image(argument);
  } else if (what == "idx1" || what == "idx3") {
    sateen::read_idx(argument, what == "idx1" ? 1 : 3);
  } else if (what == "take") {
    const std::vector<char> bytes(std::stoul(argument) << 20, 'x');
    const char* volatile seen = bytes.data();  // or the compiler leaves it all out
    static_cast<void>(seen);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  long pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const auto most = static_cast<rlim_t>(pages * ::sysconf(_SC_PAGESIZE) + kCapBytes);
  const rlimit limit{most, most};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) return 2;
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const std::clock_t start = std::clock();
  int code = -1;
  std::string said;
  try {
    load(argv[1], argv[2]);
  } catch (const sateen::Error& error) {
    code = static_cast<int>(error.code());
    said = error.what();
  } catch (...) {
    return 3;
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  ::getrusage(RUSAGE_SELF, &after);
  std::printf("%d %f %ld %s\n", code, seconds, (after.ru_maxrss - before.ru_maxrss) * 1024, said.c_str());
  return 0;
}
