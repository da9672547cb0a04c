// Allocations within the device's limits and beyond them.
#include <algorithm>
#include <array>
#include <string>

#include "common/numbers.hpp"
#include "info/self_test/checks.hpp"
#include "info/self_test/counting.hpp"
#include "sateen/error.hpp"

namespace sateen::app {

Outcome check_memory(Subject& subject) {
  Device& device = subject.device();
  const uint64_t most = device.info().max_allocation_bytes;
  for (const uint64_t bytes : {most + 1, UINT64_MAX / 2}) {
    try {
      static_cast<void>(device.create_buffer(bytes));
      return failed(grouped(bytes) + " bytes were granted, where the device states " + grouped(most) + " at most");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNoMemory) return failed(std::string("too large a buffer: ") + error.what());
    }
  }
  // Not all that the device has: it may be the machine's own memory.
  const uint64_t bytes = std::min(most, uint64_t{256} << 20);
  Buffer large = device.create_buffer(bytes);
  const std::array<unsigned char, 4> written = {1, 2, 3, 4};
  std::array<unsigned char, 4> read = {};
  large.write(written.data(), written.size(), bytes - written.size());
  large.read(read.data(), read.size(), bytes - read.size());
  if (read != written) return failed("the last bytes of " + grouped(bytes >> 20) + " MiB are not what was written");
  CountingProgram program(device);
  program.run();
  if (program.count() != 1) return failed("after a refused allocation a program does not run");
  return passed(grouped(bytes >> 20) + " MiB are granted whole, and more than the device's " + grouped(most >> 20) +
                " MiB in one piece are refused without harm");
}

}  // namespace sateen::app
