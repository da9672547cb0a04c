// sateen-opencl-builds FOLDER: for the tests, everything that this backend can ever ask a driver to compile. Writes the
// kernel files, with their headers in place, into the folder, and a line for each build on stdout, with tabs between:
//   file, "gpu" or "cpu", "default" or "candidate", the value of option `kernels`, work-items of a group, options
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "builds.hpp"
#include "embedded_files.hpp"
#include "gemm_tiles.hpp"
#include "kernel_source.hpp"
#include "tuning.hpp"

namespace {

using sateen::opencl::FileBuild;
using sateen::opencl::gemm_builds;
using sateen::opencl::KernelChoice;

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw sateen::sdk::Failure(SATEEN_INTERNAL, path.string() + " can't be written");
}

/// The defines of each build of the file for such a device.
std::vector<std::string> defines_of(const std::string& file, const KernelChoice& choice) {
  std::vector<std::string> all;
  bool listed = false;
  for (const FileBuild& build : sateen::opencl::kBuilds) {
    if (build.file != file) continue;
    listed = true;
    if ((build.kind == FileBuild::Kind::kGpu) == choice.tuning.for_gpu()) all.emplace_back(build.defines);
  }
  for (const std::string& defines : gemm_builds(file)) {
    listed = true;
    if (choice.tuning.for_gpu()) all.push_back(defines);
  }
  if (!listed) all.emplace_back();
  return all;
}

void list(const std::string& file, const KernelChoice& choice, const std::string& defines) {
  // The convolution kernels for GPUs neither divide floats nor take roots.
  const bool rounds = gemm_builds(file).empty();
  for (const bool correctly_rounded : {false, true}) {
    if (correctly_rounded && !rounds) continue;
    std::cout << file << '\t' << (choice.tuning.for_gpu() ? "gpu" : "cpu") << '\t'
              << (choice.candidate ? "candidate" : "default") << '\t' << choice.name << '\t' << choice.tuning.group
              << '\t' << sateen::opencl::compiler_options(choice.tuning, correctly_rounded)
              << (defines.empty() ? "" : " ") << defines << '\n';
  }
}

void list(const std::filesystem::path& folder) {
  for (const sateen::opencl::EmbeddedFile& embedded : sateen::opencl::embedded_files()) {
    const std::string file = embedded.name;
    if (std::filesystem::path(file).extension() != ".cl") continue;
    write(folder / file, sateen::opencl::kernel_source(file));
    for (const KernelChoice& choice : sateen::opencl::kKernelChoices) {
      for (const std::string& defines : defines_of(file, choice)) list(file, choice, defines);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw sateen::sdk::Failure(SATEEN_INVALID, "give the folder that the kernel files go into");
    list(argv[1]);
    if (!std::cout.flush()) throw sateen::sdk::Failure(SATEEN_INTERNAL, "the list can't be written");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "sateen-opencl-builds: error: " << error.what() << '\n';
    return 1;
  }
}
