// A list of names on standard input.
#include "predict/name_list.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <unistd.h>

#include "sateen/error.hpp"

namespace sateen::app {

void NameList::read_more(const std::function<void()>& before_waiting) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) == 0) before_waiting();
  std::array<char, 1 << 14> bytes{};
  ssize_t count = 0;
  // Whoever shares standard input may have made it non-blocking.
  while ((count = ::read(STDIN_FILENO, bytes.data(), bytes.size())) < 0 && (errno == EINTR || errno == EAGAIN)) {
    if (errno == EAGAIN) ::poll(&input, 1, -1);
  }
  if (count < 0) {
    ended_ = true;
    throw Error(ErrorCode::kBadInput, "standard input: " + std::generic_category().message(errno) +
                                          "; with - it is a list of names, as of: find photos -name '*.jpg'");
  }
  waiting_.erase(0, at_);
  at_ = 0;
  waiting_.append(bytes.data(), static_cast<size_t>(count));
  ended_ = count == 0;
}

std::optional<std::string> NameList::next(const std::function<void()>& before_waiting) {
  constexpr size_t kLongest = 1 << 16;
  bool too_long = false;
  while (true) {
    const size_t end = waiting_.find(ending_, at_);
    const bool whole = end != std::string::npos;
    if (!whole && !ended_) {
      if (waiting_.size() - at_ > kLongest) {
        too_long = true;
        at_ = waiting_.size();
      }
      read_more(before_waiting);
      continue;
    }
    std::string name = waiting_.substr(at_, whole ? end - at_ : std::string::npos);
    at_ = whole ? end + 1 : waiting_.size();
    if (too_long)
      throw Error(ErrorCode::kBadInput, "standard input: a name of more than 65536 bytes; is this a list of names?");
    if (!name.empty()) return name;
    if (!whole) return std::nullopt;
  }
}

}  // namespace sateen::app
