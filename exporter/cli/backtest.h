// The subcommand that replays detectors over past time.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace exporter {

/// Adds backtest to the command line. What it returns, called after parsing, runs it when it was
/// given and returns its exit code (0, 1 on failure, 2 on wrong usage), or nothing when it was not.
/// @param config_file  takes --config.file
std::function<std::optional<int>()> add_backtest_command(CLI::App& app, std::string& config_file);

}  // namespace exporter
