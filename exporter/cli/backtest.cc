#include "exporter/cli/backtest.h"

#include <fmt/core.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "exporter/backtest/backtest.h"
#include "exporter/backtest/entity_files.h"
#include "exporter/backtest/incidents.h"
#include "exporter/backtest/judgement.h"
#include "exporter/backtest/openmetrics.h"
#include "exporter/backtest/report.h"
#include "exporter/backtest/summary.h"
#include "exporter/cli/backtest_folder.h"
#include "exporter/cli/progress.h"
#include "exporter/config/config.h"
#include "exporter/metrics/results.h"
#include "exporter/promql/http_source.h"
#include "exporter/time_text.h"

namespace exporter {
namespace {

constexpr std::string_view kCsv = "csv", kOpenMetrics = "openmetrics", kReport = "report";

struct BacktestCommand {
  std::filesystem::path config_file, out;
  std::filesystem::path incidents;  ///< none when empty
  std::string alerts;               ///< selector of past alerts; none when empty
  std::vector<std::string> outputs{std::string(kCsv), std::string(kOpenMetrics),
                                   std::string(kReport)};
  TimePoint from, to;
  std::optional<Duration> step;
  std::vector<std::string> detectors;  ///< all when empty
  std::size_t threads = 1;
};

/// Turns the first SIGINT or SIGTERM into a request to stop; the second one ends the process. Make
/// it before other threads: they inherit the blocked signals.
class StopOnSignal {
 public:
  StopOnSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    waiter_ = std::jthread([this](const std::stop_token& ended) { wait(ended); });
  }
  std::stop_token token() const { return stop_.get_token(); }

 private:
  void wait(const std::stop_token& ended) {
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!ended.stop_requested()) {
      if (::sigtimedwait(&signals_, nullptr, &kPause) <= 0) continue;
      stop_.request_stop();
      ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
      return;
    }
  }

  sigset_t signals_{};
  std::stop_source stop_;
  std::jthread waiter_;
};

int fail(const Error& error, int code = 1) {
  fmt::print(stderr, "{}\n", error.message);
  return code;
}

Result<std::vector<DetectorSpec>> chosen_detectors(const Config& config,
                                                   const BacktestCommand& command) {
  std::vector<DetectorSpec> chosen;
  for (const std::string& name : command.detectors) {
    if (std::ranges::find(config.detectors, name, &DetectorSpec::name) == config.detectors.end()) {
      return Error{ErrorKind::config, command.config_file.string() + ": no detector is called " +
                                          name + " (--detector)"};
    }
  }
  for (const DetectorSpec& spec : config.detectors) {
    const bool wanted = command.detectors.empty() ||
                        std::ranges::find(command.detectors, spec.name) != command.detectors.end();
    if (!wanted) continue;
    chosen.push_back(spec);
    if (!command.step) continue;
    if (auto taken = take_step(chosen.back(), *command.step); !taken) {
      return std::move(taken).error();
    }
  }
  if (chosen.empty()) {
    return Error{ErrorKind::config, command.config_file.string() + ": has no detectors to replay"};
  }
  return chosen;
}

/// What is known of the past beside the detectors.
struct Known {
  std::vector<Incident> incidents;  ///< of the file
  std::string alerts;               ///< selector; none when empty
  bool any = false;
};

Result<Known> read_known(const BacktestCommand& command) {
  Known known{.incidents = {},
              .alerts = command.alerts,
              .any = !command.incidents.empty() || !command.alerts.empty()};
  if (command.incidents.empty()) return known;
  auto incidents = read_incidents(command.incidents);
  if (!incidents) return std::move(incidents).error();
  known.incidents = *std::move(incidents);
  return known;
}

/// Holds each detector against what is known.
Result<std::vector<DetectorOutcome>> judge_all(std::vector<DetectorReplay> replays,
                                               const Known& known, const SeriesSource& source,
                                               std::stop_token stop) {
  std::vector<DetectorOutcome> outcomes;
  const bool folders = replays.size() > 1;
  for (DetectorReplay& replay : replays) {
    const DetectorSpec& spec = replay.spec;
    std::vector<Incident> incidents = known.incidents;
    if (!known.alerts.empty()) {
      const auto grid = TimeGrid::range(replay.range.from, replay.range.to, spec.interval);
      auto alerts = fetch_incidents(source, known.alerts, grid, spec.by, stop);
      if (!alerts) return std::move(alerts).error().in("--alerts");
      incidents.insert(incidents.end(), alerts->begin(), alerts->end());
    }
    auto files = entity_file_stems(spec.by, replay.tracks);
    for (std::string& file : files) file = (folders ? spec.name + "/" : "") + file + ".csv";
    Judgement judgement = judge(replay, incidents, known.any);
    outcomes.push_back({.replay = std::move(replay),
                        .incidents = std::move(incidents),
                        .judgement = std::move(judgement),
                        .files = std::move(files)});
  }
  return outcomes;
}

Status write_csv_files(const std::vector<DetectorOutcome>& outcomes, BacktestFolder& folder) {
  for (const DetectorOutcome& outcome : outcomes) {
    for (std::size_t i = 0; i < outcome.files.size(); ++i) {
      auto written = folder.write(outcome.files[i], [&](const TextSink& sink) {
        return write_scores_csv(outcome.replay.tracks[i], sink);
      });
      if (!written) return written;
    }
  }
  return Done{};
}

Status write_results(const std::vector<DetectorOutcome>& outcomes, const BacktestCommand& command,
                     std::size_t feature_series, BacktestFolder& folder) {
  const auto wanted = [&](std::string_view output) {
    return std::ranges::find(command.outputs, output) != command.outputs.end();
  };
  if (wanted(kCsv)) {
    if (auto written = write_csv_files(outcomes, folder); !written) return written;
  }
  if (wanted(kOpenMetrics)) {
    std::vector<const DetectorReplay*> replays;
    for (const DetectorOutcome& outcome : outcomes) replays.push_back(&outcome.replay);
    auto written = folder.write("scores.om", [&](const TextSink& sink) {
      return write_openmetrics(replays, feature_series, sink);
    });
    if (!written) return written;
  }
  if (wanted(kReport)) {
    auto written = folder.write("report.html",
                                [&](const TextSink& sink) { return write_report(outcomes, sink); });
    if (!written) return written;
  }
  auto written = folder.write("summary.json",
                              [&](const TextSink& sink) { return sink(summary_json(outcomes)); });
  if (!written) return written;
  return folder.finish();
}

int run_backtest(const BacktestCommand& command) {
  const StopOnSignal signals;
  const auto config = load_config(command.config_file);
  if (!config) return fail(config.error());
  const auto detectors = chosen_detectors(*config, command);
  if (!detectors) return fail(detectors.error());
  const auto known = read_known(command);
  if (!known) return fail(known.error());
  auto folder = BacktestFolder::open(command.out);
  if (!folder) return fail(folder.error());

  const SystemClock clock;
  const HttpSource source(config->prometheus, clock, config->limits.series);
  BacktestOptions options{.from = command.from, .to = command.to, .threads = command.threads};
  auto replays = [&] {
    Progress progress("backtest", "steps", ProgressOutput::standard_error(), clock);
    options.progress = [&](const BacktestProgress& now) { progress.update(now.share, now.steps); };
    return backtest(*detectors, limits_per_detector(*config), source, options, signals.token());
  }();
  if (!replays) return fail(replays.error());
  const auto outcomes = judge_all(*std::move(replays), *known, source, signals.token());
  if (!outcomes) return fail(outcomes.error());
  const auto feature_series = render_limits(*config).feature_series;
  if (auto written = write_results(*outcomes, command, feature_series, *folder); !written) {
    return fail(written.error());
  }
  fmt::print("{}{} holds the results.\n", summary_table(*outcomes), folder->path().string());
  return 0;
}

std::string check_time(const std::string& text) {
  return parse_time(text) ? ""
                          : "neither RFC 3339 (2026-03-01T00:00:00Z) nor unix seconds: " + text;
}

std::string check_step(const std::string& text) {
  const auto step = parse_duration(text);
  if (!step) return step.error().message;
  const bool allowed = *step >= std::chrono::seconds(1) && *step <= std::chrono::hours(24);
  return allowed ? "" : "not from 1s to 1d: " + text;
}

}  // namespace

std::function<std::optional<int>()> add_backtest_command(CLI::App& app, std::string& config_file) {
  struct Given {
    BacktestCommand command;
    std::string from, to, step;
  };
  const auto given = std::make_shared<Given>();
  given->command.threads = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* backtest = app.add_subcommand(
      "backtest", "Replay detectors over a past range, with the trainings they would have had.");
  backtest->add_option("--config.file", config_file, "Configuration file.")->capture_default_str();
  backtest->add_option("--from", given->from, "First time scored: RFC 3339 or unix seconds.")
      ->check(check_time)
      ->required();
  backtest->add_option("--to", given->to, "Last time scored.")->check(check_time)->required();
  backtest->add_option("-o,--out", given->command.out, "Folder to write to.")->required();
  backtest->add_option("--step", given->step, "Takes the place of every detector's interval.")
      ->check(check_step);
  backtest
      ->add_option("--detector", given->command.detectors, "Detector to replay; repeatable; all.")
      ->allow_extra_args(false);
  backtest->add_option("--incidents", given->command.incidents,
                       "CSV of what really happened: entity,start,end,name.");
  backtest->add_option("--alerts", given->command.alerts,
                       "Past alerts to hold against: ALERTS{alertstate=\"firing\"}.");
  backtest->add_option("--write", given->command.outputs, "csv, openmetrics, report; default: all.")
      ->delimiter(',')
      ->check(CLI::IsMember({std::string(kCsv), std::string(kOpenMetrics), std::string(kReport)}));
  backtest->add_option("--threads", given->command.threads, "Threads; results do not depend on it.")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  return [backtest, given, &config_file]() -> std::optional<int> {
    if (!backtest->parsed()) return std::nullopt;
    BacktestCommand& command = given->command;
    command.config_file = config_file;
    command.from = *parse_time(given->from);
    command.to = *parse_time(given->to);
    if (command.from >= command.to) {
      return fail(
          {ErrorKind::request, "--from " + given->from + " is not before --to " + given->to}, 2);
    }
    if (!given->step.empty()) command.step = *parse_duration(given->step);
    return run_backtest(command);
  };
}

}  // namespace exporter
