// plots/ and report.html of a run: drawn anew as epochs end.
#include "train/run_pictures.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "common/augmentation.hpp"
#include "common/numbers.hpp"
#include "common/plan_text.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "plots/pictures.hpp"
#include "sateen/error.hpp"
#include "sateen/predict.hpp"
#include "sateen/write_file.hpp"
#include "train/run_files.hpp"

namespace sateen::app {
namespace {

// As many images as cost little beside an epoch, and enough for a confusion matrix; the end takes all.
constexpr size_t kSample = 2000;
constexpr size_t kMostTrained = 10'000;  // where nothing is held out

ReportPage::Facts facts_of(const TrainSettings& settings, const PictureSource& source) {
  const DeviceInfo info = source.device.info();
  ReportPage::Facts facts = {{"network", settings.model},
                             {"epochs planned", std::to_string(settings.epochs)},
                             {"batch size", std::to_string(settings.batch_size)},
                             {"learning rate", general(settings.learning_rate)},
                             {"seed", std::to_string(settings.seed)},
                             {"data set", hash_text(source.data.hash())},
                             {"images to train on", grouped(source.parts.train.size())},
                             {"images held out", grouped(source.parts.held_out.size())},
                             {"backend", info.backend},
                             {"device", info.name + " (" + info.id + ")"},
                             {"driver", info.driver},
                             {"Sateen", SATEEN_VERSION}};
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });
  return facts;
}

ReportPage::Facts result_of(const Checkpoint& checkpoint, const Sequential& model) {
  constexpr int kDigits = 4;
  ReportPage::Facts facts = {
      {"epochs", std::to_string(checkpoint.history.size()) + " of " + std::to_string(checkpoint.epochs)}};
  if (const auto best = best_epoch(checkpoint.plan.monitor, checkpoint.history)) {
    const bool held_out = best->held_out.images != 0;
    const Metrics& metrics = held_out ? best->held_out : best->train;
    facts.emplace_back("best epoch", std::to_string(best->epoch));
    facts.emplace_back(held_out ? "its held-out loss" : "its loss", general(metrics.loss, kDigits));
    facts.emplace_back(held_out ? "its held-out accuracy" : "its accuracy", fixed(metrics.accuracy, kDigits));
  }
  facts.emplace_back("parameters", grouped(model.parameter_count()));
  return facts;
}

bool stop_wished() {
  return StopSignals::received() != 0;
}

std::string title_of(const OutputFolder& out) {
  std::error_code error;
  const std::string name =
      (std::filesystem::absolute(out.path(), error) / "").lexically_normal().parent_path().filename().string();
  return name.empty() ? "Training run" : "Training run " + name;
}

/// Missing, or older than the checkpoint.
bool is_of_before(const std::filesystem::path& path, const OutputFolder& out) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path, error);
  return error || written < std::filesystem::last_write_time(out.last(), error);
}

void remove_file(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) throw Error(ErrorCode::kOutput, path.string() + ": can't be removed: " + error.message());
}

}  // namespace

RunPictures::RunPictures(const Program& program, const RunSettings& run, const TrainSettings& settings,
                         const OutputFolder& out, PictureSource source)
    : program_(program),
      out_(out),
      source_(std::move(source)),
      gnuplot_(run.gnuplot),
      batch_(settings.batch_size),
      on_(run.report) {
  if (!on_) return;
  const bool held_out = !source_.parts.held_out.empty();
  const std::vector<int32_t>& part = held_out ? source_.parts.held_out : source_.parts.train;
  images_.assign(part.begin(), part.end());
  if (!held_out) images_.resize(std::min(images_.size(), kMostTrained));
  kind_ = held_out ? "held-out" : "training";
  page_.title = title_of(out);
  settings_ = facts_of(settings, source_);
  page_.class_names = source_.data.class_names();
}

bool RunPictures::missing(const RunSettings& run, const OutputFolder& out) {
  if (!run.report) return false;
  return is_of_before(out.report(), out) ||
         (run.gnuplot && is_of_before(out.plots() / (std::string(kPictureNames[0]) + ".png"), out));
}

template <typename Work>
void RunPictures::attempt(bool between, Work work) {
  const auto warn = [&](const std::string& why) {
    if (between && warned_) return;
    warned_ = between;
    program_.warning(why + (between ? "; the next epoch's pictures are tried again" : ""));
  };
  try {
    work();
  } catch (const Error& error) {
    drawing_.reset();
    warn(error.what());
  } catch (const std::bad_alloc&) {
    drawing_.reset();
    warn("no memory for pictures");
  }
}

void RunPictures::remove_earlier() {
  attempt(false, [&] {
    out_.check_in_place();
    remove_file(out_.report());
    std::error_code error;
    // What is behind a link isn't the run's own.
    if (std::filesystem::symlink_status(out_.plots(), error).type() != std::filesystem::file_type::directory) return;
    for (const char* name : kPictureNames) {
      for (const char* format : kFormats) remove_file(out_.plots() / (std::string(name) + "." + format));
    }
    std::filesystem::remove(out_.plots(), error);  // which fails where something else is in it
  });
}

void RunPictures::take_tables(const Checkpoint& checkpoint) {
  page_.history = checkpoint.history;
  page_.best = checkpoint.best ? std::optional(checkpoint.best->epoch) : std::nullopt;
  page_.result = result_of(checkpoint, checkpoint.file.model);
  page_.settings = settings_;
  if (checkpoint.augmentation.any())
    page_.settings.emplace_back("augmented", augmentation_text(checkpoint.augmentation));
  for (const auto& row : plan_rows(checkpoint)) page_.settings.push_back(row);
}

void RunPictures::begin(const Checkpoint& checkpoint, bool whole) {
  const bool of_best = whole && checkpoint.best;
  const Sequential model = of_best ? best_model(checkpoint).model : checkpoint.file.model;
  const auto images = std::span(images_).subspan(0, whole ? images_.size() : std::min(images_.size(), kSample));
  const auto batch = std::min<int64_t>(batch_, static_cast<int64_t>(images.size()));
  Predictor predictor(source_.device, model, checkpoint.file.preprocessing, batch);
  const std::optional<Answers> answers =
      ask(predictor, source_.data, images, static_cast<uint32_t>(batch), out_.last().string(), stop_wished);
  if (!answers) return;
  page_.of = grouped(images.size()) + " " + kind_ + (images.size() == 1 ? " image" : " images") + ", epoch " +
             std::to_string(of_best ? checkpoint.best->epoch : static_cast<int64_t>(checkpoint.history.size()));
  page_.evaluation = answers->evaluation;
  take_tables(checkpoint);
  // Before the pictures: whatever becomes of them, the tables are there.
  write_report();
  if (!gnuplot_) return;
  std::vector<Picture> pictures = pictures_of(model, *answers, source_.data, page_.of);
  pictures.insert(pictures.begin(), curves(page_.history, page_.best));
  drawing_.emplace(*gnuplot_, std::move(pictures));
}

void RunPictures::write_report() {
  out_.check_in_place();
  write_file(out_.report(), as_html(page_), Durable::kNo);
  written_ = true;
}

void RunPictures::epoch_ended(const Checkpoint& checkpoint) {
  look();
  if (!on_ || drawing_ || checkpoint.history.empty() ||
      is_over(checkpoint.epochs, checkpoint.plan, checkpoint.history)) {
    return;
  }
  attempt(true, [&] { begin(checkpoint, false); });
}

void RunPictures::put_in_place(bool between) {
  if (!drawing_ || drawing_->running()) return;
  drawn_ = false;
  attempt(between, [&] { page_.pictures = drawing_->take(); });
  const bool drawn = drawing_.has_value();
  drawing_.reset();
  // Each without the other: pictures that can't be written are in the report nevertheless.
  if (drawn) {
    attempt(between, [&] {
      out_.check_in_place();
      write_pictures(page_.pictures, out_.plots());
      drawn_ = true;
    });
  }
  attempt(between, [&] { write_report(); });
}

void RunPictures::ended(const Checkpoint& checkpoint) {
  drawing_.reset();  // it would be of an epoch before
  if (!on_ || checkpoint.history.empty()) return;
  attempt(false, [&] {
    take_tables(checkpoint);
    write_report();
  });
  drawn_ = false;
  attempt(false, [&] { begin(checkpoint, true); });
  if (drawing_) drawing_->wait(stop_wished);
  put_in_place(false);
  drawing_.reset();
  if (stop_wished() && !drawn_) {
    program_.warning(std::string("stopped by ") + StopSignals::name(StopSignals::received()) +
                     " before all was drawn; --resume " + out_.path().string() + " draws it");
  }
}

void RunPictures::stopped(const Checkpoint& checkpoint) {
  constexpr std::chrono::seconds kMoment{3};
  const auto end = std::chrono::steady_clock::now() + kMoment;
  if (drawing_) drawing_->wait([&] { return std::chrono::steady_clock::now() >= end; });
  put_in_place(true);
  drawing_.reset();
  if (!on_ || checkpoint.history.empty()) return;
  attempt(false, [&] {
    take_tables(checkpoint);
    write_report();
  });
}

std::string RunPictures::described() const {
  if (!written_) return {};
  return one_line(out_.report().string() + " shows the run" +
                  (drawn_ ? ", " + out_.plots().string() + " has its pictures" : ""));
}

}  // namespace sateen::app
