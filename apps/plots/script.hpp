// Pictures as commands to gnuplot.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sateen::app {

/// A picture that is to be drawn.
struct Picture {
  std::string name;   ///< of its files: "confusion"
  std::string title;  ///< what it shows, in words
  int width = 0, height = 0;
  std::string data;      ///< blocks of numbers, whose names begin with the picture's
  std::string commands;  ///< that draw it; run once for each format
};

/// Text as gnuplot takes it literally: single-quoted, with ’ for ' (a doubled one at the beginning is not taken as the
/// manual has it), without line ends and other control characters, with '?' for bytes
/// that aren't UTF-8. More than `longest` characters are cut, and "…" says so; 0: all of them.
std::string plot_text(std::string_view text, size_t longest = 0);

/// `label` commands at a place: coordinates and options are gnuplot's own words.
std::string label(std::string_view text, const std::string& at, const std::string& options, size_t longest = 0);

/// A number as gnuplot reads it; one that isn't finite is missing.
std::string plot_number(double value);

/// A colour from a palette that people who don't tell red from green tell apart (Okabe and Ito's).
inline constexpr const char* kBlue = "#0072B2";
inline constexpr const char* kOrange = "#D55E00";
inline constexpr const char* kInk = "#222222";

/// The formats in which each picture is drawn, in the order of the script's outputs.
inline constexpr const char* kFormats[] = {"png", "svg"};

/// Draws each picture in each format.
std::string script_of(std::span<const Picture> pictures);

/// Whether this is a whole picture of that format.
bool is_whole(std::string_view format, std::string_view content);

}  // namespace sateen::app
