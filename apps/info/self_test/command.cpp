// From options to a self-test, its lines and its report.
#include "info/self_test/command.hpp"

#include <mutex>
#include <string>
#include <vector>

#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/signals.hpp"
#include "info/self_test/present.hpp"
#include "info/self_test/report_file.hpp"
#include "info/self_test/self_test.hpp"
#include "sateen/error.hpp"

namespace sateen::app {

namespace {

/// The library's messages, for people and for the report.
class Messages {
 public:
  LogSink sink(LogSink next) {
    return [this, next = std::move(next)](LogLevel level, std::string_view message) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        all_.emplace_back(message);
      }
      next(level, message);
    };
  }
  std::vector<std::string> all() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

}  // namespace

int self_test_command(const Options& options, const Program& program) {
  const bool report = options.given("report");
  const std::string report_path = options.text("report");
  if (report) check_report_file(report_path);
  const bool json = options.given("json");

  Messages messages;
  const KeptSignals kept;
  const Registry::Options places = registry_places(options, messages.sink(program.log_sink()));
  const Registry registry(places);
  const DeviceInfo info =
      choose_device(registry, device_request(options, program, DeviceRequest::Measure::kNever)).device;
  Subject subject(registry, places, info, device_settings(options));
  // An unknown setting is wrong use, and no failure of the device.
  try {
    static_cast<void>(subject.device());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kUsage) throw;
  }

  const SelfTest test = run_self_test(
      subject, registry,
      [&](const SelfTest& begun) {
        if (json) return;
        Program::print(device_as_text(begun));
        Program::flush();
      },
      [&](const CheckLine& line) {
        if (json) return;
        Program::print(line_as_text(line));
        Program::flush();
      });
  Program::print(json ? self_test_as_json(test) : ending_as_text(test));
  Program::flush();
  if (report) {
    write_report_file(report_path, self_test_as_report(test, messages.all()));
    Program::note("report    " + report_path);
  }
  const size_t wrong = test.count(Outcome::State::kFail);
  if (wrong == 0) return kDone;
  throw Error(
      ErrorCode::kDevice,
      std::to_string(wrong) + " of " + std::to_string(test.lines.size()) + " checks failed on " + info.id +
          (report ? "; attach " + report_path + " to a bug report" : "; --report FILE writes what a bug report needs"));
}

}  // namespace sateen::app
