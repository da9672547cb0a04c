// Text and pictures as parts of a page.
#pragma once

#include <string>
#include <string_view>

namespace sateen::app {

/// Text that stays text in HTML and XML, also within an attribute. Control characters become '?', and so do bytes that are
/// not UTF-8.
std::string html_text(std::string_view text);

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace sateen::app
