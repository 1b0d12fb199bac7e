#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "exporter/cli/backtest.h"
#include "exporter/cli/commands.h"
#include "exporter/cli/model_arguments.h"
#include "exporter/config/config.h"
#include "exporter/log.h"
#include "exporter/version.h"

namespace {

std::string version_text() {
  return std::string("anomaly_exporter, version ") + exporter::kVersion +
         " (branch: " + exporter::kBranch + ", revision: " + exporter::kRevision +
         ")\n  compiler: " + exporter::kCompiler + "\n  platform: " + exporter::kPlatform;
}

std::string check_duration(const std::string& text) {
  const auto duration = exporter::parse_duration(text);
  return duration ? "" : duration.error().message;
}

std::string check_url(const std::string& text) {
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  return http ? "" : "not a URL of the form http://host/path: " + text;
}

std::string check_telemetry_path(const std::string& text) {
  return text.size() > 1 && text.front() == '/' ? "" : "not a path below /: " + text;
}

}  // namespace

int main(int argc, char** argv) {
  exporter::ServeOptions serve;
  std::string config_file = "config.yaml", log_level = "info", log_format = "logfmt",
              reload_interval = "30s";
  bool only_check_config = false, only_check_health = false;

  CLI::App app(
      "Anomaly detection for Prometheus: scores features named as PromQL with an isolation forest "
      "and serves the "
      "scores at /metrics.",
      "anomaly_exporter");
  app.set_version_flag("--version", version_text(), "Show the version and exit.");
  app.add_option("--config.file", config_file, "Configuration file.")->capture_default_str();
  app.add_flag("--config.check", only_check_config,
               "Validate the configuration file, and the one of --web.config.file, and exit.");
  app.add_flag("--config.auto-reload,!--no-config.auto-reload", serve.auto_reload,
               "Reload when the file's content changes.");
  app.add_option("--config.auto-reload-interval", reload_interval,
                 "How often to look for a change.")
      ->check(check_duration)
      ->capture_default_str();
  app.add_option("--web.listen-address", serve.http.listen, "Address to listen on; repeatable.")
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--web.config.file", serve.http.web_config_file,
                 "File with TLS, users, headers and rate limit, as exporter-toolkit reads it.");
  app.add_flag("--web.systemd-socket", serve.http.systemd_socket,
               "Listen on the sockets that systemd passes on.");
  app.add_option("--web.telemetry-path", serve.http.telemetry_path, "Path of the metrics.")
      ->check(check_telemetry_path)
      ->capture_default_str();
  app.add_option("--web.external-url", serve.http.external_url,
                 "URL under which the exporter is reached from outside.")
      ->check(check_url);
  app.add_option("--web.route-prefix", serve.http.route_prefix,
                 "Prefix of all paths; default: path of --web.external-url.");
  app.add_option("--web.max-requests", serve.http.max_requests,
                 "Scrapes at a time, more get 503; 0: no limit.")
      ->capture_default_str();
  app.add_flag("--web.enable-lifecycle,!--no-web.enable-lifecycle", serve.http.enable_lifecycle,
               "Allow POST /-/reload (on by default).");
  app.add_flag("--healthcheck", only_check_health,
               "Ask the server that runs with these flags for /-/healthy and exit with 0 or 1.");
  app.add_option("--log.level", log_level, "debug, info, warn or error.")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.add_option("--log.format", log_format, "logfmt or json.")
      ->check(CLI::IsMember({"logfmt", "json"}))
      ->capture_default_str();
  CLI::App* check = app.add_subcommand(
      "check", "Validate the configuration file, run each query once, print what it costs.");
  check->add_option("--config.file", config_file, "Configuration file.")->capture_default_str();
  std::string pack;
  CLI::App* packs = app.add_subcommand(
      "packs", "List the ready detectors for `packs:` of the configuration, or print one as YAML.");
  packs->add_option("NAME", pack, "Pack to print.");
  const auto run_backtest = exporter::add_backtest_command(app, config_file);
  const auto run_model_command = exporter::add_model_commands(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  exporter::log::Level level = exporter::log::Level::info;
  exporter::log::parse_level(log_level, level);
  exporter::log::configure(
      level, log_format == "json" ? exporter::log::Format::json : exporter::log::Format::logfmt);

  if (const auto code = run_backtest()) return *code;
  if (const auto code = run_model_command()) return *code;
  if (only_check_health) return exporter::healthcheck(serve.http);
  if (only_check_config) {
    const int code = exporter::check_config(config_file);
    const auto& web = serve.http.web_config_file;
    return code != 0 || web.empty() ? code : exporter::check_web_config_file(web);
  }
  if (packs->parsed()) return exporter::show_packs(pack);
  if (check->parsed()) return exporter::check(config_file);
  exporter::block_signals();
  serve.config_file = config_file;
  serve.auto_reload_interval = *exporter::parse_duration(reload_interval);
  return exporter::serve(serve);
}
