// The subcommands of the binary. Each returns its exit code: 0, or 1 on failure (2, wrong usage, is
// main's).
#pragma once

#include <filesystem>
#include <string>

#include "exporter/clock.h"
#include "exporter/http/server.h"

namespace exporter {

struct ServeOptions {
  std::filesystem::path config_file = "config.yaml";
  bool auto_reload = false;
  Duration auto_reload_interval = std::chrono::seconds(30);
  HttpOptions http;
};

/// Blocks the signals that serve() waits for in every thread to come. Call before anything slow: as
/// process 1 there is no default action for SIGTERM.
void block_signals();

/// Runs the daemon until SIGTERM or SIGINT; SIGHUP reloads. A second signal ends the process at
/// once.
int serve(const ServeOptions& options);

/// Validates the configuration file, and no more.
int check_config(const std::filesystem::path& config_file);

/// Asks the server that runs with these options for /-/healthy: 0 when it answers, within 5 s. A
/// server that wants a password or a client's certificate, which nobody has here, counts as
/// healthy.
int healthcheck(const HttpOptions& options);

/// Validates the web config file and the certificates that it names.
int check_web_config_file(const std::string& file);

/// Validates the file, runs each query once, and prints what each detector will cost: entities,
/// series, samples.
int check(const std::filesystem::path& config_file);

/// Prints the packs there are and their detectors, or one pack as YAML to start from.
/// @param name  of a pack; empty for the list
int show_packs(const std::string& name);

}  // namespace exporter
