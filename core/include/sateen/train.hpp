// Training: a loop for those who want one line, and its steps for those who drive it themselves.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sateen/cancel.hpp"
#include "sateen/communicator.hpp"
#include "sateen/data.hpp"
#include "sateen/device.hpp"
#include "sateen/epoch_record.hpp"
#include "sateen/export.hpp"
#include "sateen/model.hpp"
#include "sateen/optimizer.hpp"
#include "sateen/training_plan.hpp"

namespace SATEEN_PUBLIC sateen {

/// Pixels become value · scale + shift.
struct Preprocessing {
  float scale = 1.0F / 255.0F;  ///< 0 … 255 becomes 0 … 1
  float shift = 0.0F;           ///< added after it
};

/// Random changes to the images of a training step, drawn anew in each epoch, on the device. What comes in at a border
/// is pixels of value 0. Evaluation and prediction never have any.
struct Augmentation {
  int32_t shift_pixels = 0;  ///< each image is moved by up to so many pixels up or down, and as many left or right
  bool mirror = false;       ///< left and right are swapped in one of two images

  /// Whether any image changes.
  bool any() const { return shift_pixels != 0 || mirror; }
  /// All settings are equal.
  bool operator==(const Augmentation&) const = default;
};

/// Settings of a Trainer, which shape the result.
struct TrainOptions {
  int64_t batch_size = 64;  ///< images a step, 1 to as many as there are to train on; the last of an epoch may be short
  uint64_t seed = 0;        ///< of the order, dropout and augmentation; initial weights have Sequential::initialise's
  Adam adam;                ///< its learning rate is the one that the plan begins with
  Preprocessing preprocessing;  ///< of all images, trained on or held out
  TrainingPlan plan;            ///< learning rate, early stop, best epoch
  Augmentation augmentation;    ///< images are [y][x][channel] where there is any
};

/// Where the time of the training steps went; evaluation is not in it.
struct TrainProfile {
  std::vector<OpProfile> operations;  ///< of a step, in order; times of all steps together
  uint64_t steps = 0;                 ///< since the start
  double seconds = 0;                 ///< by the clock on the wall, from each begin_epoch to its last step's end
};

/// What a training needs to go on, besides its weights, history, data and options: together with them, the same bytes
/// come out as if it had never stopped. Random numbers need no state, they are counted by seed, epoch and step.
struct TrainState {
  int64_t epoch = 0;    ///< epochs ended
  int64_t step = 0;     ///< steps of the next epoch that are done: all of them when only its evaluation is missing
  double loss_sum = 0;  ///< over these steps, added in their order
  double correct = 0;   ///< images whose largest logit was their label's, likewise
  uint64_t images = 0;  ///< of these steps
  std::vector<float> adam_m;  ///< Adam's mean of the gradients, laid out as Sequential::weights
  std::vector<float> adam_v;  ///< its mean of their squares, likewise
};

/// What fit tells while it runs, on the thread that called it. What a callback throws ends fit and reaches its caller.
struct FitCallbacks {
  /// After each chunk of steps, and when all of the epoch are done: running metrics of the epoch so far, and how many
  /// steps they cover. The trainer may be asked for its state() and model() here.
  std::function<void(const Metrics& so_far, int64_t steps_done, int64_t steps)> on_progress;
  /// After each epoch. The trainer may be asked for its state() and model() here.
  std::function<void(const EpochRecord& record)> on_epoch;
  /// Before on_epoch, on every rank of a group: what people should know, such as a rank that is slow. One line.
  std::function<void(const std::string& line)> on_remark = {};
};

/// Trains one model on one device, alone or as one rank of a group. The data set, the order of the epoch and the step tables live on the device; a step
/// is one run with nothing read back. One thread at a time, the same as its device.
/// The same seed, data, device and options give the same bytes.
class Trainer {
 public:
  /// Uploads the data and compiles the steps. The data set is not kept. Throws Error(kUsage) when the split or the
  /// batch size does not fit the data, or all weights are zero because nobody called initialise();
  /// Error(kDevice) or Error(kNoMemory) from the device.
  Trainer(Device device, const Sequential& model, const Dataset& data, Split split, TrainOptions options);
  /// As one rank of a group, each of which has a device and the same data, model and options. A step's batch is the same
  /// as without a group; each rank computes a share of its rows, and all make the same update from the gradients of all.
  /// The weights are those of a trainer without a group to rounding, but that BatchNorm takes the mean and variance of a
  /// rank's own rows, and the mean of the ranks' running ones. Every rank calls the same functions in the same order;
  /// state(), model(), so_far() and profile() ask nobody. Throws Error(kUsage) on all ranks, naming the first of them and what it has,
  /// where they differ, or where a batch has fewer rows than there are ranks; RankError, here and from all that trains
  /// or evaluates, where another rank is missing: who catches an error of its own tells the others by
  /// Communicator::give_up. After a RankError out of fit, state() and model() are of the last step that all ranks ended. group: used by this trainer alone while it lives; null: no group.
  Trainer(Device device, const Sequential& model, const Dataset& data, Split split, TrainOptions options,
          std::shared_ptr<Communicator> group, ParallelOptions parallel = {});
  ~Trainer();
  /// What was moved from may only be assigned to or destroyed.
  Trainer(Trainer&&) noexcept;
  /// Likewise.
  Trainer& operator=(Trainer&&) noexcept;

  /// @name The whole loop
  /// @{

  /// Trains for `epochs` more epochs, with an evaluation of the held-out part after each; one that was restored half
  /// done counts as one. There are fewer where the plan says to stop early. Throws Error(kDiverged) naming the epoch
  /// and step when the loss is not finite, Error(kCancelled) once the token was used: the steps in flight are finished,
  /// and model() and state() have their result. The next call goes on within the epoch that was left; an epoch that was
  /// left in its evaluation has no record yet.
  std::vector<EpochRecord> fit(int64_t epochs, const FitCallbacks& callbacks = {}, const CancelToken& cancel = {});

  /// @}
  /// @name Its parts, for a loop of your own: begin_epoch(), run_steps() until it gives 0, end_epoch(), evaluate()
  /// @{

  /// Images to train on over the batch size, rounded up.
  int64_t steps_per_epoch() const;
  /// Puts the next epoch's order and tables on the device. Its learning rate is that of the plan, which knows the
  /// epochs of fit alone: a schedule works in a loop of your own too, reducing on a plateau does not.
  void begin_epoch();
  /// Submits up to n further steps of the epoch, at most two chunks of steps ahead of the device; returns how many. The
  /// metrics of finished steps are in so_far(). n ≥ 1. Throws Error(kDiverged) as fit does, Error(kUsage) before
  /// begin_epoch().
  int64_t run_steps(int64_t n);
  /// Metrics of the epoch's steps that are known to have finished; *steps becomes how many these are. Does not wait.
  Metrics so_far(int64_t* steps = nullptr) const;
  /// Waits for all steps of the epoch and gives their metrics. Throws Error(kDiverged) as fit does, Error(kUsage) where
  /// steps are left.
  Metrics end_epoch();
  /// Metrics on the held-out part, dropout off. Fits between epochs.
  Metrics evaluate();

  /// @}

  /// From the next epoch on, the learning rate that the plan begins with. Throws Error(kUsage) where it is not above 0
  /// in f32, or below the plan's minimum.
  void set_learning_rate(double rate);

  /// Epochs ended since the start.
  int64_t epoch() const;
  /// Waits for the steps in flight and copies the weights back.
  Sequential model() const;
  /// Waits for the steps in flight; with model(), all that is needed to go on in another process. Throws
  /// Error(kDiverged) when a loss, a weight or one of Adam's means is not finite, so that such a state is never saved.
  TrainState state() const;
  /// Goes on from a state, before the first epoch; the constructor got the model that belongs to it. history: what fit
  /// gave of the epochs before, by which the plan goes and the best is told. Throws Error(kUsage) when the state is not
  /// one of such a training.
  void restore(const TrainState& state, std::vector<EpochRecord> history = {});
  /// Waits for the steps in flight. Throws what Program::profile throws: the device is opened with "profile=1".
  TrainProfile profile() const;

 private:
  struct State;
  void fit_epochs(int64_t epochs, const FitCallbacks& callbacks, const CancelToken& cancel);
  std::unique_ptr<State> state_;
};

}  // namespace sateen
