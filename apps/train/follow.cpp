// A rank that trains with rank 0 and writes nothing.
#include "train/follow.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "sateen/train.hpp"
#include "train/prepare.hpp"
#include "train/resume.hpp"

namespace sateen::app {

void follow(const RunSettings& run, const GivenSettings& given, const Seat& seat, const OpenDevice& open,
            const CancelToken& cancel) {
  Orders orders = take_orders(seat);
  if (!orders.train) return;
  std::optional<Checkpoint>& checkpoint = orders.checkpoint;
  const bool resumed = checkpoint.has_value();
  const std::filesystem::path path = resumed ? run.out / "last.sateen" : std::filesystem::path();
  const TrainSettings settings = resumed ? settings_of(given, *checkpoint, path) : settings_of(given);
  const Dataset data = load_fashion_mnist(run.data, FashionMnistPart::kTrain);
  if (resumed) check_data(data, run.data, *checkpoint, path);
  Split parts = split(data.size(), settings.held_out_share, settings.seed);
  OpenedDevice opened = open(wish_of(seat, resumed ? checkpoint->device : "", cancel));
  devices_of_ranks(seat, opened.device.info());  // rank 0 tells
  if (resumed && checkpoint->device == device_text(opened.device.info())) opened.device.pin(checkpoint->choices);
  if (!resumed) checkpoint = beginning(settings, data);
  adopt(*checkpoint, settings);
  Trainer trainer = trainer_of(opened.device, *checkpoint, data, std::move(parts), seat.group, path);
  trainer.fit(std::max<int64_t>(settings.epochs - trainer.epoch(), 0), {}, cancel);
}

Followers::Followers(const RunSettings& run, const GivenSettings& given, std::vector<Seat> seats,
                     const OpenDevice& open, const CancelToken& cancel)
    : seats_(std::move(seats)) {
  try {
    for (const Seat& seat : seats_) {
      threads_.emplace_back([this, &run, &given, &seat, &open, cancel] { work(run, given, seat, open, cancel); });
    }
  } catch (...) {  // no memory or no thread for one of them: the others don't wait
    seats_.back().group.ranks->give_up("there is no thread for it");
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

void Followers::work(const RunSettings& run, const GivenSettings& given, const Seat& seat, const OpenDevice& open,
                     const CancelToken& cancel) {
  const auto fail = [&](ErrorCode code, const char* what) {  // rank 0 tells it
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!failure_) failure_ = code;
    }
    seat.group.ranks->give_up(what);
  };
  try {
    follow(run, given, seat, open, cancel);
  } catch (const GroupError&) {  // rank 0 throws it too
  } catch (const RankError& error) {
    seat.group.ranks->give_up(error.what(), error.rank());
  } catch (const Error& error) {
    fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::kNoMemory, "out of memory");
  } catch (const std::exception& error) {
    fail(ErrorCode::kRuntime, error.what());
  }
}

std::optional<ErrorCode> Followers::failure() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

Followers::~Followers() {
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace sateen::app
