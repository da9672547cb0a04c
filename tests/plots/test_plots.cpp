// The pictures' scripts and the report's page: what comes from outside stays text in them.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE plots
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include "plots/drawing.hpp"
#include "plots/html.hpp"
#include "plots/pictures.hpp"
#include "plots/report_page.hpp"
#include "sateen/error.hpp"

using namespace sateen;
using namespace sateen::app;

namespace {

/// A name that no other test has.
const std::string kMark =
    (std::filesystem::temp_directory_path() / ("sateen-plots-injected-" + std::to_string(getpid()))).string();

/// What a class could be called by somebody who means ill.
const std::vector<std::string> kHostile = {
    "'; system('touch " + kMark + "') #",
    "`touch " + kMark + "`",
    "\nset output\n!touch " + kMark + "\n",
    "\"@x {/*9 big} ^2 _3 %d %s %n",
    "EOD\nsystem \"touch " + kMark + "\"",
    "\\'.system('touch " + kMark + "').'",
    "<script>alert(1)</script>&amp;",
    "ends in a backslash\\",
    "\"",
    "'",
    "{ # if (1) {",
    "} else { @a $0 ; !touch " + kMark,
    "\xff\xfe\x80 not UTF-8 \xed\xa0\x80",
};

Dataset data_of(const std::vector<std::string>& names) {
  std::vector<uint8_t> labels(names.size());
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<uint8_t>(i);
  return {Shape({4, 4, 1}), std::vector<uint8_t>(16 * names.size(), 99), labels, names};
}

/// Every image is said to be of the first class.
Answers answers_of(const Dataset& data) {
  const size_t classes = data.class_names().size();
  Answers answers{Evaluation(static_cast<int64_t>(classes)), {}};
  std::vector<float> probabilities(classes * classes, 0.0F);
  for (uint8_t i = 0; i < classes; ++i) {
    probabilities[i * classes] = 1;
    answers.all.push_back({i, i, 0, 1});
  }
  answers.evaluation.add(probabilities, data.labels());
  return answers;
}

}  // namespace

BOOST_AUTO_TEST_CASE(text_of_a_script_is_one_literal) {
  BOOST_TEST(plot_text("Ankle boot") == "'Ankle boot'");
  BOOST_TEST(plot_text("it's `x` \"y\" \\n") == "'it’s `x` \"y\" \\n'");
  BOOST_TEST(plot_text("a\nb\tc\x7f") == "'a b c '");
  BOOST_TEST(plot_text("caf\xc3\xa9 \xe2\x9c\x93") == "'caf\xc3\xa9 \xe2\x9c\x93'");
  BOOST_TEST(plot_text("\xff \xc3 \xed\xa0\x80 \xc0\xaf") == "'? ? \x3f\x3f\x3f \x3f\x3f'");
  BOOST_TEST(plot_text("\xc2\x85x") == "' x'");  // a line end, to some
  BOOST_TEST(plot_text("T-shirt/top", 6) == "'T-shi…'");
  BOOST_TEST(plot_text("'''''''", 3) == "'’’…'");
  BOOST_TEST(plot_text("Dress", 5) == "'Dress'");
  BOOST_TEST(plot_text("") == "''");
}

BOOST_AUTO_TEST_CASE(text_of_a_page_is_text) {
  BOOST_TEST(html_text("<b a='1' c=\"2\">&") == "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
  BOOST_TEST(html_text("a\nb\xff \xef\xbf\xbf") == "a?b? ?");
  BOOST_TEST(html_text("é✓") == "é✓");
}

BOOST_AUTO_TEST_CASE(base64_of_rfc_4648) {
  const std::pair<const char*, const char*> known[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"},
                                                       {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : known) BOOST_TEST(base64(bytes) == text);
}

BOOST_AUTO_TEST_CASE(numbers_are_numbers) {
  BOOST_TEST(plot_number(0.25) == "0.25");
  BOOST_TEST(plot_number(std::numeric_limits<double>::infinity()) == "NaN");
}

BOOST_AUTO_TEST_CASE(whole_pictures) {
  BOOST_TEST(!is_whole("png", ""));
  BOOST_TEST(!is_whole("png", "\x89PNG\r\n\x1a\n and no end"));
  BOOST_TEST(!is_whole("svg", "<?xml?><svg>"));
  BOOST_TEST(is_whole("svg", "<?xml?><svg></svg>\n"));
}

BOOST_AUTO_TEST_CASE(long_histories_stay_small) {
  std::vector<EpochRecord> history(100'000);
  for (size_t i = 0; i < history.size(); ++i) history[i].epoch = static_cast<int64_t>(i + 1);
  const Picture picture = curves(history, 7);
  BOOST_TEST(std::count(picture.data.begin(), picture.data.end(), '\n') <= 1002);
  BOOST_TEST(picture.data.find("\n100000 ") != std::string::npos);
  ReportPage page;
  page.history = history;
  page.best = 7;
  const std::string html = as_html(page);
  BOOST_TEST(html.size() < 100'000U);
  BOOST_TEST(html.find("7 (best)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(hostile_names_are_drawn_as_they_are) {
  const auto gnuplot = find_gnuplot();
  if (!gnuplot) {
    BOOST_TEST_MESSAGE("no gnuplot: not drawn");
    return;
  }
  std::filesystem::remove(kMark);
  const Dataset data = data_of(kHostile);
  Sequential model(data.sample_shape());
  model.add(Conv2D(3)).add(Flatten()).add(Dense(static_cast<int64_t>(kHostile.size())));
  for (const std::string& of : kHostile) {
    std::vector<Picture> pictures = pictures_of(model, answers_of(data), data, of);
    BOOST_TEST_REQUIRE(pictures.size() == 4U);
    if (&of != &kHostile.front()) pictures.resize(1);
    Drawing drawing(*gnuplot, pictures);
    drawing.wait([] { return false; });
    const std::vector<Drawn> drawn = drawing.take();
    BOOST_TEST_REQUIRE(drawn.size() == pictures.size());
    BOOST_TEST(drawn[0].svg.find("&lt;script") != std::string::npos);
    BOOST_TEST(drawn[0].svg.find("<script>") == std::string::npos);
    BOOST_TEST(!std::filesystem::exists(kMark));
  }
}

BOOST_AUTO_TEST_CASE(what_went_wrong_is_told) {
  const auto gnuplot = find_gnuplot();
  if (!gnuplot) return;
  // In the second one gnuplot warns before, that there is no degree sign.
  for (const char* locale : {"C.UTF-8", "C"}) {
    setenv("LC_ALL", locale, 1);
    Picture picture{"bad", "", 100, 100, {}, "plot no_such_function(x)\n"};
    Drawing drawing(*gnuplot, {picture});
    drawing.wait([] { return false; });
    BOOST_CHECK_EXCEPTION(drawing.take(), Error, [](const Error& error) {
      return std::string(error.what()).find("undefined function") != std::string::npos;
    });
  }
  unsetenv("LC_ALL");
}

BOOST_AUTO_TEST_CASE(one_that_is_left_ends) {
  BOOST_TEST(Gnuplot::output_name(1) == "/dev/fd/4");
  const std::string folder = kMark + "-sleeper";
  const std::string program = folder + "/gnuplot", number = folder + "/pid";
  std::filesystem::create_directory(folder);
  std::ofstream(program) << "#!/bin/sh\nsleep 100 & echo $$ $! >" << number << ".new; mv " << number << ".new "
                         << number << "; wait\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  pid_t shell = 0, sleep = 0;
  {
    Gnuplot sleeper(program, "", 1, std::chrono::seconds(60));
    while (sleeper.running() && !std::filesystem::exists(number)) usleep(1000);
    std::ifstream(number) >> shell >> sleep;
    BOOST_TEST_REQUIRE(sleep > 0);
    BOOST_TEST(kill(shell, 0) == 0);
    BOOST_TEST(kill(sleep, 0) == 0);
  }
  BOOST_TEST(kill(shell, 0) == -1);
  // Whoever takes over orphans may take a moment, or never look: what has ended has no memory any more.
  const auto alive = [&] {
    std::string words;
    std::getline(std::ifstream("/proc/" + std::to_string(sleep) + "/cmdline"), words);
    return !words.empty();
  };
  for (int i = 0; i < 1000 && alive(); ++i) usleep(1000);
  BOOST_TEST(!alive());
  std::filesystem::remove_all(folder);
  const auto none = [] {
    Gnuplot missing("/nowhere/gnuplot", "", 1, std::chrono::seconds(5));
    while (missing.running()) {
    }
    return missing.outputs();
  };
  BOOST_CHECK_THROW(none(), Error);
}

BOOST_AUTO_TEST_CASE(axes_and_large_filters) {
  std::vector<EpochRecord> history(2);
  for (size_t i = 0; i < 2; ++i) {
    history[i].epoch = static_cast<int64_t>(i + 1);
    history[i].train.accuracy = 1;
  }
  BOOST_TEST(curves(history, 1).commands.find("set yrange [99:100]") != std::string::npos);
  Sequential model(Shape({112, 112, 1}));
  model.add(Conv2D(1, Extent{111, 111}));
  BOOST_TEST(!filters(model));
}
