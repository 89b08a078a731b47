// The library's own settings, as in Kafka Streams 4.3 but for those marked "ours".
#include <runtime/config_keys.hpp>

#include <streams/errors.hpp>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace streams::runtime {

namespace {

constexpr std::int64_t kMaxInt = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxLong = std::numeric_limits<std::int64_t>::max();

constexpr std::string_view kTypesCarrySerdes = "serdes belong to the types of the topology (see Serde<T>)";
constexpr std::string_view kClassicAssignor = "tasks are assigned by the group's cooperative-sticky assignor";

constexpr std::string_view kNoWarmups =
    "the group's cooperative-sticky assignor gives an instance its tasks at once, however far its state is";

constexpr KeySpec kLibraryKeys[] = {
    // Internal ones of Kafka Streams, which its tests set: wall clock between two looks for results that became final.
    {.name = "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__",
     .kind = KeyKind::kInteger,
     .fallback = "1000",
     .min = 0,
     .max = kMaxLong},
    {.name = "__emit.interval.ms.kstreams.windowed.aggregation__",
     .kind = KeyKind::kInteger,
     .fallback = "1000",
     .min = 0,
     .max = kMaxLong},
    {.name = "application.id"},
    {.name = "bootstrap.servers"},
    {.name = "acceptable.recovery.lag", .kind = KeyKind::kIgnored, .fallback = "10000", .allowed = kNoWarmups},
    {.name = "allow.os.group.write.access", .kind = KeyKind::kBool, .fallback = "false"},
    {.name = "application.server"},
    {.name = "buffered.records.per.partition", .kind = KeyKind::kInteger, .fallback = "1000", .min = 1, .max = kMaxInt},
    {.name = "built.in.metrics.version", .kind = KeyKind::kChoice, .fallback = "latest", .allowed = "latest"},
    {.name = "cache.max.bytes.buffering", .kind = KeyKind::kInteger, .fallback = "10485760", .min = 0, .max = kMaxLong},
    {.name = "client.id"},
    {.name = "commit.interval.ms", .kind = KeyKind::kInteger, .fallback = "30000", .min = 0, .max = kMaxLong},
    {.name = "config.providers", .kind = KeyKind::kRefused, .allowed = "fill in secrets before you set them"},
    {.name = "default.client.supplier",
     .kind = KeyKind::kRefused,
     .allowed = "clients are librdkafka's or the embedded cluster's"},
    {.name = "default.deserialization.exception.handler",
     .kind = KeyKind::kClass,
     .fallback = "LogAndFailExceptionHandler",
     .allowed = "LogAndFailExceptionHandler LogAndContinueExceptionHandler"},
    {.name = "default.dsl.store", .kind = KeyKind::kChoice, .fallback = "rocksDB", .allowed = "rocksDB in_memory"},
    {.name = "default.key.serde", .kind = KeyKind::kIgnored, .allowed = kTypesCarrySerdes},
    {.name = "default.list.key.serde.inner", .kind = KeyKind::kIgnored, .allowed = kTypesCarrySerdes},
    {.name = "default.list.key.serde.type", .kind = KeyKind::kIgnored, .allowed = kTypesCarrySerdes},
    {.name = "default.list.value.serde.inner", .kind = KeyKind::kIgnored, .allowed = kTypesCarrySerdes},
    {.name = "default.list.value.serde.type", .kind = KeyKind::kIgnored, .allowed = kTypesCarrySerdes},
    {.name = "default.production.exception.handler",
     .kind = KeyKind::kClass,
     .fallback = "DefaultProductionExceptionHandler",
     .allowed = "DefaultProductionExceptionHandler"},
    {.name = "default.timestamp.extractor",
     .kind = KeyKind::kClass,
     .fallback = "FailOnInvalidTimestamp",
     .allowed = "FailOnInvalidTimestamp LogAndSkipOnInvalidTimestamp UsePartitionTimeOnInvalidTimestamp "
                "WallclockTimestampExtractor"},
    {.name = "default.value.serde", .kind = KeyKind::kIgnored, .allowed = kTypesCarrySerdes},
    {.name = "deserialization.exception.handler",
     .kind = KeyKind::kClass,
     .fallback = "LogAndFailExceptionHandler",
     .allowed = "LogAndFailExceptionHandler LogAndContinueExceptionHandler"},
    {.name = "dsl.store.format", .kind = KeyKind::kChoice, .fallback = "DEFAULT", .allowed = "DEFAULT HEADERS"},
    {.name = "dsl.store.suppliers.class",
     .kind = KeyKind::kClass,
     .fallback = "RocksDBDslStoreSuppliers",
     .allowed = "RocksDBDslStoreSuppliers InMemoryDslStoreSuppliers"},
    {.name = "enable.metrics.push", .kind = KeyKind::kBool, .fallback = "true"},
    {.name = "ensure.explicit.internal.resource.naming", .kind = KeyKind::kBool, .fallback = "false"},
    {.name = "errors.dead.letter.queue.topic.name"},
    {.name = "group.protocol", .kind = KeyKind::kChoice, .fallback = "classic", .allowed = "classic"},
    {.name = "log.summary.interval.ms", .kind = KeyKind::kInteger, .fallback = "120000", .min = -1, .max = kMaxLong},
    {.name = "max.task.idle.ms", .kind = KeyKind::kInteger, .fallback = "0", .min = -1, .max = kMaxLong},
    {.name = "max.warmup.replicas", .kind = KeyKind::kIgnored, .fallback = "2", .allowed = kNoWarmups},
    {.name = "metric.reporters", .kind = KeyKind::kIgnored, .allowed = "read KafkaStreams::metrics()"},
    {.name = "metrics.num.samples", .kind = KeyKind::kInteger, .fallback = "2", .min = 1, .max = 1000},
    {.name = "metrics.recording.level", .kind = KeyKind::kChoice, .fallback = "INFO", .allowed = "INFO DEBUG TRACE"},
    {.name = "metrics.sample.window.ms", .kind = KeyKind::kInteger, .fallback = "30000", .min = 0, .max = kMaxLong},
    {.name = "num.standby.replicas", .kind = KeyKind::kInteger, .fallback = "0", .min = 0, .max = kMaxInt},
    {.name = "num.stream.threads", .kind = KeyKind::kInteger, .fallback = "1", .min = 1, .max = 1000},
    {.name = "poll.ms", .kind = KeyKind::kInteger, .fallback = "100", .min = 0, .max = 60000},
    {.name = "probing.rebalance.interval.ms", .kind = KeyKind::kIgnored, .fallback = "600000", .allowed = kNoWarmups},
    {.name = "processing.exception.handler",
     .kind = KeyKind::kClass,
     .fallback = "LogAndFailProcessingExceptionHandler",
     .allowed = "LogAndFailProcessingExceptionHandler LogAndContinueProcessingExceptionHandler"},
    {.name = "processing.exception.handler.global.enabled", .kind = KeyKind::kBool, .fallback = "false"},
    {.name = "processing.guarantee",
     .kind = KeyKind::kChoice,
     .fallback = "at_least_once",
     .allowed = "at_least_once exactly_once_v2"},
    {.name = "processor.wrapper.class", .kind = KeyKind::kRefused, .allowed = "wrap the suppliers in your own code"},
    {.name = "production.exception.handler",
     .kind = KeyKind::kClass,
     .fallback = "DefaultProductionExceptionHandler",
     .allowed = "DefaultProductionExceptionHandler"},
    {.name = "rack.aware.assignment.non_overlap_cost", .kind = KeyKind::kRefused, .allowed = kClassicAssignor},
    {.name = "rack.aware.assignment.strategy", .kind = KeyKind::kChoice, .fallback = "none", .allowed = "none"},
    {.name = "rack.aware.assignment.tags"},
    {.name = "rack.aware.assignment.traffic_cost", .kind = KeyKind::kRefused, .allowed = kClassicAssignor},
    {.name = "repartition.purge.interval.ms",
     .kind = KeyKind::kInteger,
     .fallback = "30000",
     .min = 0,
     .max = kMaxLong},
    {.name = "replication.factor", .kind = KeyKind::kInteger, .fallback = "-1", .min = -1, .max = 32767},
    {.name = "rocksdb.config.setter",
     .kind = KeyKind::kRefused,
     .allowed = "state.memory.bytes bounds the memory of all RocksDB databases together"},
    // Ours: how long to wait at the start for source topics that do not exist yet.
    {.name = "source.topic.timeout.ms", .kind = KeyKind::kInteger, .fallback = "15000", .min = 0, .max = kMaxLong},
    {.name = "state.cleanup.delay.ms", .kind = KeyKind::kInteger, .fallback = "600000", .min = 0, .max = kMaxLong},
    {.name = "state.cleanup.dir.max.age.ms", .kind = KeyKind::kInteger, .fallback = "-1", .min = -1, .max = kMaxLong},
    {.name = "state.dir", .fallback = "/tmp/kafka-streams"},
    // Ours: block cache and write buffers of all tasks of the process.
    {.name = "state.memory.bytes",
     .kind = KeyKind::kInteger,
     .fallback = "268435456",
     .min = 16777216,
     .max = kMaxLong},
    {.name = "statestore.cache.max.bytes",
     .kind = KeyKind::kInteger,
     .fallback = "10485760",
     .min = 0,
     .max = kMaxLong},
    {.name = "task.assignor.class", .kind = KeyKind::kRefused, .allowed = kClassicAssignor},
    {.name = "task.timeout.ms", .kind = KeyKind::kInteger, .fallback = "300000", .min = 0, .max = kMaxLong},
    {.name = "topology.optimization",
     .kind = KeyKind::kList,
     .fallback = "none",
     .allowed = "none all reuse.ktable.source.topics merge.repartition.topics single.store.self.join"},
    {.name = "upgrade.from",
     .kind = KeyKind::kIgnored,
     .allowed = "members of one application all run the same library"},
    {.name = "window.size.ms", .kind = KeyKind::kIgnored, .allowed = "windowed serdes take their size as an argument"},
    {.name = "windowed.inner.class.serde", .kind = KeyKind::kIgnored, .allowed = kTypesCarrySerdes},
    {.name = "windowstore.changelog.additional.retention.ms",
     .kind = KeyKind::kInteger,
     .fallback = "86400000",
     .min = 0,
     .max = kMaxLong},
};

std::string with_commas(std::string_view words) {
  std::string out;
  for (const char c : words) out += c == ' ' ? std::string(", ") : std::string(1, c);
  return out;
}

bool is_allowed(std::string_view words, std::string_view value) {
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    if (words.substr(0, space) == value) return true;
    words = space == std::string_view::npos ? std::string_view() : words.substr(space + 1);
  }
  return false;
}

[[noreturn]] void refuse_value(const std::string& key, const std::string& value, const std::string& what_is_allowed) {
  throw ConfigError("Setting " + key + " has the value \"" + value + "\"; it takes " + what_is_allowed + ".");
}

void check_integer(const KeySpec& spec, const std::string& key, const std::string& value) {
  const auto number = parse_integer(value);
  if (number && *number >= spec.min && *number <= spec.max) return;
  std::string allowed = "a whole number, at least " + std::to_string(spec.min);
  if (spec.max < kMaxInt) allowed += " and at most " + std::to_string(spec.max);
  refuse_value(key, value, allowed);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const KeySpec> library_keys() { return kLibraryKeys; }

const KeySpec* find_library_key(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kLibraryKeys), std::end(kLibraryKeys), [&](const KeySpec& k) { return k.name == name; });
  return found == std::end(kLibraryKeys) ? nullptr : found;
}

void check_value(const KeySpec& spec, const std::string& key, const std::string& value) {
  switch (spec.kind) {
    case KeyKind::kInteger:
      return check_integer(spec, key, value);
    case KeyKind::kBool:
      if (value != "true" && value != "false") refuse_value(key, value, "true or false");
      return;
    case KeyKind::kChoice:
      if (!is_allowed(spec.allowed, value)) refuse_value(key, value, "one of: " + with_commas(spec.allowed));
      return;
    case KeyKind::kClass:
      if (!is_allowed(spec.allowed, simple_name(value))) {
        refuse_value(key, value,
                     "one of: " + with_commas(spec.allowed) + " (your own: StreamsConfig's set_..._handler functions)");
      }
      return;
    case KeyKind::kList: {
      const std::vector<std::string> entries = split_list(value);
      for (const std::string& entry : entries) {
        const bool alone = entry == "none" || entry == "all";
        if (!is_allowed(spec.allowed, entry) || (alone && entries.size() > 1)) {
          refuse_value(key, value, "none, all, or a list out of: " + with_commas(spec.allowed));
        }
      }
      return;
    }
    case KeyKind::kRefused:
      throw ConfigError("Setting " + key + " does not exist here: " + std::string(spec.allowed) + ".");
    case KeyKind::kText:
      if (value.empty() && spec.name != "client.id" && spec.name != "application.server")
        refuse_value(key, value, "a text");
      return;
    case KeyKind::kIgnored:
      return;
  }
}

std::string_view simple_name(std::string_view class_name) {
  const std::size_t cut = class_name.find_last_of(".$");
  return cut == std::string_view::npos ? class_name : class_name.substr(cut + 1);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view entry = text.substr(0, comma);
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (!entry.empty()) out.emplace_back(entry);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string nearest_key(std::string_view misspelt) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, misspelt.size() / 3) + 1;
  const auto look_at = [&](std::string_view name) {
    const std::size_t distance = edit_distance(misspelt, name);
    if (distance >= best_distance) return;
    best = name;
    best_distance = distance;
  };
  for (const KeySpec& spec : kLibraryKeys) look_at(spec.name);
  for (const std::string_view name : client_key_names()) look_at(name);
  return std::string(best);
}

}  // namespace streams::runtime
