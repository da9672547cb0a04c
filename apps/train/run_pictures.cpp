// plots/ and report.html of a run: drawn anew as epochs end.
#include "train/run_pictures.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "common/augmentation.hpp"
#include "common/numbers.hpp"
#include "common/plan_text.hpp"
#include "common/signals.hpp"
#include "plots/pictures.hpp"
#include "sateen/error.hpp"
#include "sateen/predict.hpp"
#include "sateen/write_file.hpp"

namespace sateen::app {
namespace {

// As many images as cost little beside an epoch, and enough for a confusion matrix; the end takes all.
constexpr size_t kSample = 2000;
constexpr size_t kMostTrained = 10'000;  // where nothing is held out

ReportPage::Facts facts_of(const RunSettings& run, const TrainSettings& settings, const PictureSource& source) {
  const DeviceInfo info = source.device.info();
  return {{"network", settings.model},
          {"epochs planned", std::to_string(settings.epochs)},
          {"batch size", std::to_string(settings.batch_size)},
          {"learning rate", general(settings.learning_rate)},
          {"seed", std::to_string(settings.seed)},
          {"data", run.data.string()},
          {"images to train on", grouped(source.parts.train.size())},
          {"images held out", grouped(source.parts.held_out.size())},
          {"backend", info.backend},
          {"device", info.name + " (" + info.id + ")"},
          {"driver", info.driver},
          {"Sateen", SATEEN_VERSION}};
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

}  // namespace

RunPictures::RunPictures(const Program& program, const RunSettings& run, const TrainSettings& settings,
                         const OutputFolder& out, PictureSource source)
    : program_(program),
      out_(out),
      source_(std::move(source)),
      batch_(settings.batch_size),
      on_(run.plots != Plots::kOff) {
  if (!on_) return;
  gnuplot_ = find_gnuplot();
  const bool held_out = !source_.parts.held_out.empty();
  const std::vector<int32_t>& part = held_out ? source_.parts.held_out : source_.parts.train;
  images_.assign(part.begin(), part.end());
  if (!held_out) images_.resize(std::min(images_.size(), kMostTrained));
  kind_ = held_out ? "held-out" : "training";
  page_.title = "Training run " + (out.path() / "").parent_path().filename().string();
  settings_ = facts_of(run, settings, source_);
  page_.class_names = source_.data.class_names();
}

template <typename Work>
void RunPictures::attempt(Work work) {
  if (!on_) return;
  const auto give_up = [&](const std::string& why) {
    on_ = false;
    drawing_.reset();
    program_.warning(why + "; there are no more pictures and reports of this run");
  };
  try {
    work();
  } catch (const Error& error) {
    give_up(error.what());
  } catch (const std::bad_alloc&) {
    give_up("no memory for pictures");
  }
}

template <typename Work>
void RunPictures::without_pictures_if_it_fails(Work draw) {
  try {
    draw();
  } catch (const Error& error) {
    drawing_.reset();
    gnuplot_.reset();
    program_.warning(std::string(error.what()) + "; no more pictures are drawn, " + out_.report().string() +
                     " has the tables");
    write({});
  }
}

void RunPictures::begin(const Checkpoint& checkpoint, bool whole) {
  const bool of_best = whole && checkpoint.best;
  const Sequential model = of_best ? best_model(checkpoint).model : checkpoint.file.model;
  const auto images = std::span(images_).subspan(0, whole ? images_.size() : std::min(images_.size(), kSample));
  const auto batch = std::min<int64_t>(batch_, static_cast<int64_t>(images.size()));
  Predictor predictor(source_.device, model, checkpoint.file.preprocessing, batch);
  const Answers answers = ask(predictor, source_.data, images, static_cast<uint32_t>(batch), out_.last().string());
  page_.of = grouped(images.size()) + " " + kind_ + (images.size() == 1 ? " image" : " images") + ", epoch " +
             std::to_string(of_best ? checkpoint.best->epoch : static_cast<int64_t>(checkpoint.history.size()));
  page_.evaluation = answers.evaluation;
  page_.history = checkpoint.history;
  page_.best = checkpoint.best ? std::optional(checkpoint.best->epoch) : std::nullopt;
  page_.result = result_of(checkpoint, model);
  page_.settings = settings_;
  if (checkpoint.augmentation.any())
    page_.settings.emplace_back("augmented", augmentation_text(checkpoint.augmentation));
  for (const auto& row : plan_rows(checkpoint)) page_.settings.push_back(row);
  if (!gnuplot_) return write({});
  std::vector<Picture> pictures = pictures_of(model, answers, source_.data, page_.of);
  pictures.insert(pictures.begin(), curves(page_.history, page_.best));
  without_pictures_if_it_fails([&] { drawing_.emplace(*gnuplot_, std::move(pictures)); });
}

void RunPictures::write(std::vector<Drawn> pictures) {
  out_.check_in_place();
  if (!pictures.empty()) write_pictures(pictures, out_.plots());
  page_.pictures = std::move(pictures);
  write_file(out_.report(), as_html(page_));
  page_.pictures.clear();
}

void RunPictures::epoch_ended(const Checkpoint& checkpoint) {
  look();
  if (drawing_ || checkpoint.history.empty() || checkpoint.history.back().epoch >= checkpoint.epochs) return;
  attempt([&] { begin(checkpoint, false); });
}

void RunPictures::look() {
  if (!drawing_ || drawing_->running()) return;
  attempt([&] {
    std::vector<Drawn> drawn;
    without_pictures_if_it_fails([&] { drawn = drawing_->take(); });
    if (drawn.empty()) return;
    drawing_.reset();
    write(std::move(drawn));
  });
}

void RunPictures::ended(const Checkpoint& checkpoint) {
  drawing_.reset();  // it would be of an epoch before
  if (checkpoint.history.empty()) return;
  attempt([&] { begin(checkpoint, true); });
  if (drawing_) drawing_->wait([] { return StopSignals::received() != 0; });
  look();
  drawing_.reset();
}

void RunPictures::stopped() {
  constexpr std::chrono::seconds kMoment{3};
  const auto end = std::chrono::steady_clock::now() + kMoment;
  if (drawing_) drawing_->wait([&] { return std::chrono::steady_clock::now() >= end; });
  look();
  drawing_.reset();
}

}  // namespace sateen::app
