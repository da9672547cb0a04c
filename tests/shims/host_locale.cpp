// A process whose host has taken the user's locale, as programs with windows do. Without such a locale it ends with 99.
#include <clocale>
#include <cstring>

#include <unistd.h>

namespace {

[[gnu::constructor]] void take_locale() {
  if (std::setlocale(LC_ALL, "") == nullptr || std::strcmp(std::localeconv()->decimal_point, ",") != 0) _exit(99);
}

}  // namespace
