// A target without a fuzzer: its seeds, each cut and with each byte changed, and the files of the folders that it is given.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "target.hpp"

namespace {

using sateen::fuzz::Input;
using sateen::fuzz::Outcome;

Input read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  size_t files = 0, others = 0, accepted = 0;
  for (const Input& seed : sateen::fuzz::seeds()) {
    if (sateen::fuzz::try_input(seed) == Outcome::kAccepted) ++accepted;
    for (size_t i = 0; i < seed.size(); ++i, others += 2) {
      sateen::fuzz::try_input(sateen::Bytes(seed).first(i));
      Input changed = seed;
      changed[i] ^= 0xFFU;
      sateen::fuzz::try_input(changed);
    }
  }
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      sateen::fuzz::try_input(read(entry.path()));
      ++files;
    }
  }
  std::printf("%zu seeds accepted, %zu cut or changed ones and %zu files tried\n", accepted, others, files);
  return accepted == 0 ? 1 : 0;
}
