// Where Sateen keeps what it can make again: compiled programs, measurements.
#pragma once

#include <filesystem>

#include "sateen/export.hpp"
#include "sateen/log.hpp"

namespace SATEEN_PUBLIC sateen {

/// The user's cache folder, or an empty path: keep nothing. It need not be there yet.
/// SATEEN_CACHE_DIR, else $XDG_CACHE_HOME/sateen, else $HOME/.cache/sateen. Only full paths count: without one in
/// SATEEN_CACHE_DIR nothing is kept, which log hears as a warning; the other two are then passed over.
/// Empty also with SATEEN_CACHE_DISABLE=1 and in set-user-ID programs.
std::filesystem::path default_cache_folder(const LogSink& log = {});

}  // namespace sateen
