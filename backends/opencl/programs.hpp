// The OpenCL programs of an open device: each kernel file is built when its first kernel is asked for, or loaded from
// the cache.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "cl.hpp"
#include "platform.hpp"
#include "program_cache.hpp"

namespace sateen::opencl {

class Programs {
 public:
  /// options: of the compiler, the same for every file. The context outlives this.
  Programs(cl_context context, const FoundDevice& found, std::string options, ProgramCache cache);

  /// A kernel of its own for the caller, whose arguments stay as they are set. Throws Failure(DEVICE_ERROR) with the
  /// compiler's words where the file does not build.
  /// defines: "-DNAME=VALUE …" beside the device's options; kBuilds of builds.hpp lists what there may be.
  Kernel kernel(const std::string& file, const std::string& name, const std::string& defines = {});

  /// Puts what was built into the cache. Best when kernels have run and the device is idle: some drivers compile at the
  /// first run, and give the result away then.
  void store();

  /// What all programs depend on: platform, device, driver, options and our version.
  const std::string& key() const { return key_; }

  /// How many were built and loaded, and what the compiler said; lines as sateen.describe/1 has them.
  std::string describe() const;

 private:
  struct Entry {
    Built program;
    std::string key;
    bool in_cache = false;
  };
  /// A file and the defines that it is built with.
  using Build = std::pair<std::string, std::string>;
  Entry make(const Build& build);
  Built load(const std::string& key, const std::string& options);
  Built compile(const Build& build, const std::string& source);
  std::string options_of(const Build& build) const {
    return build.second.empty() ? options_ : options_ + " " + build.second;
  }

  cl_context context_;
  cl_device_id device_;
  std::string options_;
  ProgramCache cache_;
  std::string key_;
  std::map<Build, Entry> built_;
  size_t compiled_ = 0, loaded_ = 0;
  std::string logs_;  ///< what the compiler said of those that it compiled, by lines
};

}  // namespace sateen::opencl
