// Which pictures a command line names.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "predict/name_list.hpp"

namespace sateen::app {

/// The pictures that the words of a command line stand for, one after the other: files, folders, and "-", a list of
/// either on standard input. No more than one folder's names are held at a time, and the folders still to be gone through.
class Inputs {
 public:
  struct Rules {
    bool recursive = false;   ///< the folders in a folder too, behind its pictures
    char list_ending = '\n';  ///< of each name in a list
  };
  /// Throws Error(kUsage) where "-" is there twice.
  Inputs(std::vector<std::string> words, Rules rules);

  /// The next picture's path, which may be anything; nothing at the end. Calls before_waiting before it waits for
  /// somebody who writes a list. Throws Error(kBadInput) for a folder or a list that gives none; the next call goes on
  /// behind it.
  std::optional<std::string> next(const std::function<void()>& before_waiting);
  /// Passes over a folder that exists, under whatever name it is met: one that is written to meanwhile.
  void leave_out(const std::string& folder);
  /// Whether there is one picture to come and no more.
  bool single() const;

 private:
  struct Folder {
    std::string path;
    std::vector<std::string> pictures;  // still to come, the last first
  };
  std::optional<std::string> next_word(const std::function<void()>& before_waiting);
  void enter(const std::string& path, bool named);

  std::vector<std::string> words_;
  size_t at_ = 0;
  Rules rules_;
  NameList list_;
  bool in_list_ = false, list_gave_some_ = false;
  std::string left_out_;
  Folder current_;
  std::vector<std::string> folders_;  // still to be entered, the last first
  std::string named_;                 // the folder on the command line or the list in which we are
  bool gave_some_ = true, had_folders_ = false;
};

}  // namespace sateen::app
