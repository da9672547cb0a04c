// Reading files that may be hostile.
#include "io/input_file.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

#include "io/file_error.hpp"

namespace sateen {

namespace {

constexpr auto kBadInput = ErrorCode::kBadInput;

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) {
  // Non-blocking: opening a FIFO would otherwise wait for a writer.
  file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file_) throw_errno(kBadInput, "can't be opened", errno);
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) throw_errno(kBadInput, "can't be examined", errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error(kBadInput, std::string("is ") + kind_of(status.st_mode) + ", not a regular file");
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

size_t InputFile::read_some(std::span<uint8_t> dst) {
  size_t done = 0;
  while (done < dst.size()) {
    const ssize_t n = ::read(file_.get(), dst.data() + done, dst.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(kBadInput, "can't be read", errno);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

void InputFile::read(std::span<uint8_t> dst) {
  if (read_some(dst) != dst.size()) throw Error(kBadInput, "got shorter while it was read; try again");
}

void InputFile::expect_end() {
  uint8_t byte = 0;
  if (read_some({&byte, 1}) != 0) throw Error(kBadInput, "grew while it was read; try again");
}

std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t max_bytes, std::string_view what) {
  return naming_file(path, [&] {
    InputFile file(path);
    if (file.size() > max_bytes) {
      throw Error(kBadInput, "is larger than the " + std::to_string(max_bytes >> 20) + " MiB that a " +
                                 std::string(what) + " may have");
    }
    std::vector<uint8_t> bytes(file.size());
    file.read(bytes);
    file.expect_end();
    return bytes;
  });
}

}  // namespace sateen
