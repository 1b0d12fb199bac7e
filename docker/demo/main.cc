// fleet: writes the past of the simulated fleet and serves its present.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "docker/demo/history.h"
#include "docker/demo/incident_log.h"
#include "docker/demo/server.h"

namespace {

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void show_progress(double share) {
  constexpr int kWidth = 40;
  const int done = static_cast<int>(share * kWidth);
  std::string bar(static_cast<std::size_t>(done), '#');
  bar.resize(kWidth, '.');
  std::fprintf(stderr, "\r  history [%s] %3.0f %%%s", bar.c_str(), share * 100,
               share < 1 ? "" : "\r\033[K");
}

int write(demo::HistoryOptions& options, const std::string& incidents) {
  demo::IncidentLog log(incidents);
  if (const std::string error = log.load(); !error.empty()) {
    std::fprintf(stderr, "fleet: %s\n", error.c_str());
    return 1;
  }
  options.incidents = log.all();
  if (options.until == 0) options.until = now();
  if (options.from == 0) options.from = options.epoch;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const std::string error =
      demo::write_history(options, terminal ? std::function<void(double)>(show_progress) : nullptr);
  if (error.empty()) return 0;
  std::fprintf(stderr, "fleet: %s\n", error.c_str());
  return 1;
}

int serve(demo::ServerOptions& options, const std::string& address, const sigset_t& stop) {
  const std::size_t colon = address.rfind(':');
  char* rest = nullptr;
  const long port =
      colon == std::string::npos ? -1 : std::strtol(address.c_str() + colon + 1, &rest, 10);
  if (port < 0 || port > 65535 || rest == address.c_str() + colon + 1 || *rest != '\0') {
    std::fprintf(stderr, "fleet: --listen: not HOST:PORT: %s\n", address.c_str());
    return 2;
  }
  options.host = address.substr(0, colon);
  options.port = static_cast<int>(port);
  if (options.epoch > now()) {
    std::fprintf(stderr, "fleet: --epoch lies in the future\n");
    return 1;
  }
  const demo::Server server(options);
  if (!server.error().empty()) {
    std::fprintf(stderr, "fleet: %s\n", server.error().c_str());
    return 1;
  }
  std::fprintf(stderr, "fleet: listening on %s:%d\n", options.host.c_str(), server.port());
  int signal = 0;
  sigwait(&stop, &signal);
  std::fprintf(stderr, "fleet: stopped by signal %d\n", signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Blocked before any thread starts, so that the wait in serve() is the one place that receives
  // them.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  CLI::App app{
      "A simulated fleet: twelve hosts and two services, the same ones for the same seed and "
      "epoch."};
  app.require_subcommand(1);
  demo::HistoryOptions history;
  demo::ServerOptions server;
  std::string listen = "127.0.0.1:9110", incidents;

  CLI::App* writing =
      app.add_subcommand("history", "write the past as OpenMetrics, for promtool to load");
  writing->add_option("--seed", history.seed, "which fleet")->required();
  writing->add_option("--epoch", history.epoch, "unix seconds at which its counters are 0")
      ->required();
  writing->add_option("--from", history.from, "unix seconds; default: the epoch");
  writing->add_option("--until", history.until, "unix seconds, not included; default: now");
  writing->add_option("--step", history.step, "seconds between samples")->capture_default_str();
  writing
      ->add_option("--split", history.split,
                   "write a folder of files, each of so many seconds; 0: one file")
      ->capture_default_str();
  writing->add_option("--job", history.job, "the label job")->capture_default_str();
  writing->add_option("--entity", history.entities, "only these hosts and services")
      ->delimiter(',');
  writing->add_option("--incidents", incidents, "file with the incidents of that time")
      ->check(CLI::ExistingFile);
  writing->add_option("--out", history.out, "file, with --split folder")->required();

  CLI::App* serving = app.add_subcommand("serve", "serve /metrics and /incident");
  serving->add_option("--listen", listen, "host and port, port 0 takes a free one")
      ->capture_default_str();
  serving->add_option("--seed", server.seed, "which fleet")->required();
  serving->add_option("--epoch", server.epoch, "unix seconds at which its counters are 0")
      ->required();
  serving->add_option("--incidents", server.incidents, "file that remembers the incidents");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return *writing ? write(history, incidents) : serve(server, listen, stop);
}
