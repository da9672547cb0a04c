// Files of options: lines of `key = value`.
#include "common/config_file.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sateen/error.hpp"

namespace sateen::app {
namespace {

/// An open file.
class Descriptor {
 public:
  // Non-blocking: opening a FIFO would otherwise wait for a writer.
  explicit Descriptor(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void fail(const std::string& tried, int error) {
  throw Error(ErrorCode::kBadInput, tried + ": " + std::generic_category().message(error));
}

[[noreturn]] void refuse(size_t line, const std::string& what) {
  throw Error(ErrorCode::kUsage, "line " + std::to_string(line) + ": " + what);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Bytes above 0x7F pass, whatever they mean: names of files are bytes.
bool is_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
  });
}

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (!is_text(text)) throw Error(ErrorCode::kBadInput, "is not a text file; write lines of the form key = value");
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  std::vector<ConfigEntry> entries;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line.size() > kMaxConfigLine) refuse(number, "is longer than " + std::to_string(kMaxConfigLine) + " bytes");
    if (line[0] == '[') refuse(number, "sections have no meaning here; leave the line out");
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos)
      refuse(number, "has no =; write it as in: epochs = 5 (a switch is true or false)");
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (key.empty()) refuse(number, "has no key; write key = value");
    if (value.empty()) refuse(number, std::string(key) + " needs a value");
    entries.push_back({number, std::string(key), std::string(value)});
  }
  return entries;
}

std::string config_line(const std::string& key, const std::string& value) {
  std::string line = key + " = " + value + "\n";
  const bool breaks = value.find_first_of("\r\n") != std::string::npos;
  if (value.empty() || breaks || !is_text(value) || trimmed(value) != value || line.size() > kMaxConfigLine) {
    throw Error(ErrorCode::kUsage, "--" + key + ": \"" + value +
                                       "\" can't stand in a file of options, which holds values of one line that are "
                                       "not empty, without space around; give it on the command line");
  }
  return line;
}

std::string read_config(const std::string& path) {
  const Descriptor file(path);
  if (file.get() < 0) fail("can't be opened", errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail("can't be examined", errno);
  if (!S_ISREG(status.st_mode)) throw Error(ErrorCode::kBadInput, "is not a regular file; give a text file");
  // One byte more than it may have: a file that grows is caught as well.
  std::string text(kMaxConfigBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(file.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("can't be read", errno);
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > kMaxConfigBytes) {
    throw Error(ErrorCode::kBadInput, "is larger than the 1 MiB that a file of options may have");
  }
  text.resize(size);
  return text;
}

}  // namespace sateen::app
