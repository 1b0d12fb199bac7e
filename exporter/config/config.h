// config.yaml as values: every default and every range is decided here and in config.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/calendar.h"
#include "exporter/clock.h"
#include "forest/result.h"

namespace exporter {

using forest::Done;
using forest::Error;
using forest::ErrorKind;
using forest::Result;
using forest::Status;

/// Bounds that keep a mistyped number from costing the machine; each key's own range stands beside
/// it.
inline constexpr std::size_t kMaxNameLength =
    100;  ///< of detectors and features: names become file names
inline constexpr std::size_t kMaxDetectors = 1000;
inline constexpr std::size_t kMaxModels = 1000;
inline constexpr std::size_t kMaxFeatures = 500;  ///< of one detector
inline constexpr std::size_t kMaxLabels = 20;     ///< in `by`
inline constexpr std::size_t kMaxSeasons = 8;
inline constexpr std::size_t kMaxHolidayEntries = 1000;  ///< days and files in `holidays`
inline constexpr std::size_t kMaxQueryBytes = 16 << 10;
inline constexpr std::size_t kMaxTrees = 1000;
inline constexpr std::size_t kMaxSample = 65'536;
inline constexpr std::size_t kMaxWorkers = 256;
inline constexpr std::size_t kMaxHttpThreads = 4096;

/// `basic_auth` of Prometheus' http_config. `*_file` paths are absolute after loading and read at
/// each request.
struct BasicAuth {
  std::string username, username_file, password, password_file;
  friend bool operator==(const BasicAuth&, const BasicAuth&) = default;
};
/// `authorization` of Prometheus' http_config.
struct Authorization {
  std::string type = "Bearer", credentials, credentials_file;
  friend bool operator==(const Authorization&, const Authorization&) = default;
};
/// `tls_config` of Prometheus' http_config.
struct TlsConfig {
  std::string ca_file, cert_file, key_file, server_name;
  bool insecure_skip_verify = false;
  friend bool operator==(const TlsConfig&, const TlsConfig&) = default;
};
/// One entry of `http_headers`: values as given, secrets masked in /config, files read at each
/// request.
struct HttpHeader {
  std::string name;
  std::vector<std::string> values, secrets, files;
  friend bool operator==(const HttpHeader&, const HttpHeader&) = default;
};

/// `prometheus:`
struct PrometheusConfig {
  std::string url =
      "http://localhost:9090";  ///< http(s), `user:password@` allowed; no trailing slash
  Duration query_offset = std::chrono::seconds(30);  ///< 0s to 1d
  Duration timeout =
      std::chrono::seconds(30);      ///< of one query, sent to the server too; 10ms to 1h
  std::string http_method = "POST";  ///< POST (with a fall back to GET) or GET
  std::optional<BasicAuth> basic_auth;
  std::optional<Authorization> authorization;
  TlsConfig tls_config;
  std::string proxy_url;  ///< http only; empty: none
  bool follow_redirects = true;
  std::vector<HttpHeader> http_headers;
  friend bool operator==(const PrometheusConfig&, const PrometheusConfig&) = default;
};

/// What stands in for a feature that an entity lacks at a time.
enum class MissingPolicy { gap, zero };

/// Which side of its expectation a feature must be on to be worth an alert.
enum class Direction { both, up, down };

/// The values that a feature can have, ends included; -inf and inf for an open end.
struct ValueRange {
  double low = 0, high = 0;  ///< low < high
  bool contains(double value) const { return value >= low && value <= high; }
  friend bool operator==(const ValueRange&, const ValueRange&) = default;
};

/// Whether each entity has a forest of its own, or all of a detector share one.
enum class Scope { automatic, entity, shared };

struct FeatureSpec {
  std::string name;   ///< [a-zA-Z_][a-zA-Z0-9_]*
  std::string query;  ///< PromQL without space around it; never one that reads `anomaly_*` results
  MissingPolicy missing = MissingPolicy::gap;
  /// A high score becomes detected only when a feature to blame deviates from its expectation in
  /// this direction (by more than noise), by at least `min_deviation` and `min_deviation_ratio` x
  /// |expectation|.
  Direction direction = Direction::both;
  double min_deviation = 0;        ///< in units of the feature, finite, 0 or more
  double min_deviation_ratio = 0;  ///< finite, 0 or more
  /// Valid values; any other is no data: left out as if it were missing, and counted.
  std::optional<ValueRange> range = {};
};

/// What metrics call a detector's presence query where they name a feature.
inline constexpr std::string_view kPresenceQuery = "presence";

/// When an entity that should be there and gives no data is absent.
struct AbsenceConfig {
  std::size_t after = 3;  ///< answered cycles without data; 1 to 1000
  /// After its first answered cycle without data; `after` intervals to 5y. Default: 1d, or 2 x
  /// `after` intervals if that is longer.
  Duration forget = std::chrono::hours(24);
};

struct ForestConfig {
  std::size_t trees = 100;    ///< 1 to kMaxTrees
  std::size_t sample = 1024;  ///< 2 to kMaxSample rows for each tree
  std::uint64_t seed = 16;
};

/// One entry of `detectors:`
struct DetectorSpec {
  std::string name;             ///< [a-zA-Z_][a-zA-Z0-9_-]*, unique
  std::vector<std::string> by;  ///< entity labels, unique, in config order; none starts with `__`
  Duration interval = std::chrono::minutes(1);     ///< 1s to 1d
  Duration history = std::chrono::hours(24 * 28);  ///< interval to 5y
  Duration retrain = std::chrono::hours(24);       ///< interval to 1y
  Scope scope = Scope::automatic;
  /// Periods, ascending: multiples of interval, at most history. Given ones must fit; of the
  /// default ones those that do not are left out. May be empty.
  std::vector<Duration> season = {std::chrono::hours(24), std::chrono::hours(24 * 7)};
  std::string timezone = "UTC";  ///< of the seasons: an IANA name like Europe/Berlin
  /// Days like 2026-12-25, and paths of iCalendar files, absolute after loading.
  std::vector<std::string> holidays;
  std::shared_ptr<const Calendar> calendar;   ///< what both say; null: UTC without holidays
  double sensitivity = 0.2;                   ///< in [0, 1); unused beside an alert budget
  std::optional<double> alert_budget = {};    ///< alerts a day per entity, above 0, at most 1000
  Duration novelty = std::chrono::hours(24);  ///< 0s to 1y
  std::size_t hysteresis = 3;                 ///< 1 to 1000 cycles
  /// PromQL whose series tell which entities should be there; empty: those known from training.
  std::string presence;
  AbsenceConfig absence;
  std::vector<FeatureSpec> features;
  ForestConfig forest;

  /// Returns a checksum of what a trained model depends on: by, interval, scope, season, calendar,
  /// features, forest.
  std::uint64_t training_checksum() const;
  /// Returns a checksum of the whole entry. Keys that came after the first version add nothing
  /// while they stand at their defaults, so that state saved before them stays valid.
  std::uint64_t checksum() const;
};

/// One entry of `models:`: a file of `anomaly_exporter train` or `import`.
struct ModelSpec {
  std::string name;            ///< [a-zA-Z_][a-zA-Z0-9_-]*, unique among models and detectors
  std::filesystem::path file;  ///< absolute after loading; not looked at here
  friend bool operator==(const ModelSpec&, const ModelSpec&) = default;
};

struct StateConfig {
  std::filesystem::path dir;  ///< absolute after loading
};
struct RuntimeConfig {
  std::size_t workers = 2;  ///< 1 to kMaxWorkers
};
struct HttpConfig {
  std::size_t threads = 64;  ///< 1 to kMaxHttpThreads
};
struct LimitsConfig {
  std::size_t entities_per_detector = 10'000;  ///< 1 to 1,000,000
  std::size_t series =
      100'000;  ///< result series on /metrics, all detectors together; 1 to 10,000,000
  /// Entities x features shown feature by feature, all detectors together; beyond it those of
  /// active entities; 0 to 1,000,000.
  std::size_t feature_series = 2'000;
  std::size_t training_samples = 20'000'000;  ///< 1 to 1,000,000,000
  friend bool operator==(const LimitsConfig&, const LimitsConfig&) = default;
};

struct Config {
  PrometheusConfig prometheus;
  std::vector<DetectorSpec> detectors;  ///< may be empty when there are models
  std::vector<ModelSpec> models;
  StateConfig state;
  RuntimeConfig runtime;
  HttpConfig http;
  LimitsConfig limits;
};

/// Reads config.yaml strictly. `path` is named in messages; relative paths inside resolve against
/// its folder. Errors (kind config): one line `FILE:LINE: key.path: what is wrong: value; what is
/// allowed`.
Result<Config> load_config(const std::filesystem::path& path);
/// The same from text, for tests and fuzzing; `path` names it in messages and resolves relative
/// paths.
Result<Config> parse_config(std::string_view text, const std::filesystem::path& path);

/// Writes the effective configuration as YAML, defaults filled in, every secret as `<secret>` and
/// URL passwords masked. Loading the output of a config without secrets gives an equal
/// configuration.
std::string to_yaml(const Config& config);

/// Reads a Prometheus duration: `1d12h`, `90s`, `250ms`, `0`; biggest unit first, no decimals, no
/// sign. Errors: config, naming the text and the form.
Result<Duration> parse_duration(std::string_view text);
/// Writes the shortest such text: 90 s gives `1m30s`.
std::string format_duration(Duration duration);

}  // namespace exporter
