#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>

#include "exporter/app.h"
#include "exporter/cli/commands.h"
#include "exporter/cli/systemd.h"
#include "exporter/log.h"
#include "exporter/version.h"

namespace exporter {
namespace {

constexpr std::chrono::seconds kSaveInterval{60};

// Histories come and go in blocks of many megabytes. With a fixed threshold each is a mapping of
// its own that goes back to the system when freed; by default glibc raises the threshold and keeps
// them in the heap of the thread that trained.
void give_large_blocks_back() {
  ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

sigset_t waited_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

volatile std::time_t ending_since = 0;

// From the first signal on, the second one ends the process.
void exit_on_second_signal() {
  struct sigaction action = {};
  // Some tools send the first one twice; people who press twice wait longer than that.
  ending_since = std::time(nullptr);
  action.sa_handler = [](int) {
    if (std::time(nullptr) - ending_since > 1) ::_exit(1);
  };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
}

// Returns the signal, or 0 after `wait`.
int wait_for_signal(std::chrono::steady_clock::duration wait) {
  const auto length = std::max(std::chrono::steady_clock::duration::zero(), wait);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(length);
  const timespec timeout{static_cast<std::time_t>(seconds.count()),
                         static_cast<long>(std::chrono::nanoseconds(length - seconds).count())};
  const sigset_t signals = waited_signals();
  return std::max(0, ::sigtimedwait(&signals, nullptr, &timeout));
}

void run_until_ended(App& app, const ServeOptions& options, const Clock& clock) {
  SteadyPoint next_save = clock.steady_now() + kSaveInterval;
  SteadyPoint next_look = clock.steady_now() + options.auto_reload_interval;
  while (true) {
    const SteadyPoint next = options.auto_reload ? std::min(next_save, next_look) : next_save;
    const int signal = wait_for_signal(next - clock.steady_now());
    if (signal == SIGTERM || signal == SIGINT) {
      log::info("Received signal, exiting", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      return;
    }
    if (signal == SIGHUP) {
      notify_systemd("RELOADING=1");
      static_cast<void>(app.reload());
      notify_systemd("READY=1");
    }
    const SteadyPoint now = clock.steady_now();
    if (now >= next_save) {
      app.save();
      next_save = now + kSaveInterval;
    }
    if (options.auto_reload && now >= next_look) {
      app.reload_if_changed();
      next_look = now + options.auto_reload_interval;
    }
  }
}

}  // namespace

void block_signals() {
  const sigset_t signals = waited_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int serve(const ServeOptions& options) {
  give_large_blocks_back();
  const SystemClock clock;
  log::info("Starting anomaly_exporter",
            {{"version", kVersion}, {"branch", kBranch}, {"revision", kRevision}});
  log::info("Build context", {{"compiler", kCompiler}, {"platform", kPlatform}});

  auto config = load_config(options.config_file);
  if (!config) {
    log::error("Error loading config", {{"err", config.error().message}});
    return 1;
  }
  log::info("Loaded config file",
            {{"file", options.config_file.string()}, {"detectors", config->detectors.size()}});
  auto store = Store::open(config->state.dir);
  if (!store) {
    log::error("Error opening state", {{"err", store.error().message}});
    return 1;
  }
  HttpOptions http = options.http;
  http.threads = config->http.threads;

  App app(options.config_file, *std::move(config), *std::move(store), std::move(http), clock);
  if (const auto started = app.start(); !started) {
    log::error("Error starting", {{"err", started.error().message}});
    return 1;
  }
  notify_systemd("READY=1");
  run_until_ended(app, options, clock);
  notify_systemd("STOPPING=1");
  exit_on_second_signal();
  app.stop();
  log::info("See you next time!");
  return 0;
}

}  // namespace exporter
