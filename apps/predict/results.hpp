// The results on stdout.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "predict/picture.hpp"

namespace sateen::app {

/// Results in one of the formats, written as they come.
class Results {
 public:
  enum class Format { kText, kCsv, kJson, kJsonLines };
  static Format format_of(const std::string& name);

  /// classes: how many of each picture's are shown; nothing: three in text, one in CSV, all in JSON.
  Results(Format format, std::optional<size_t> classes);

  /// predictions: ranked.
  void add(const Picture& picture, const std::vector<Prediction>& predictions);
  /// Ends what stands open.
  void end() const;

 private:
  Format format_;
  size_t classes_;
  bool first_ = true;
};

}  // namespace sateen::app
