// From settings as text to what the runtime works with, and to the settings of each client.
#include <runtime/config.hpp>

#include <runtime/config_keys.hpp>
#include <runtime/instance_marks.hpp>
#include <runtime/offset_reset.hpp>
#include <streams/errors.hpp>

#include <algorithm>

namespace streams::runtime {

namespace {

std::int64_t integer(const StreamsConfig& config, const std::string& key) { return *parse_integer(config.get(key)); }

/// The first of these keys that is set, else the default of the last.
std::string first_set(const StreamsConfig& config, std::initializer_list<std::string> keys) {
  for (const std::string& key : keys) {
    if (config.is_set(key)) return config.get(key);
  }
  return config.get(*(keys.end() - 1));
}

DefaultTimestampExtractor timestamp_extractor(const StreamsConfig& config) {
  const std::string value = config.get("default.timestamp.extractor");
  const std::string_view name = simple_name(value);
  if (name == "LogAndSkipOnInvalidTimestamp") return DefaultTimestampExtractor::kLogAndSkipOnInvalid;
  if (name == "UsePartitionTimeOnInvalidTimestamp") return DefaultTimestampExtractor::kUsePartitionTimeOnInvalid;
  if (name == "WallclockTimestampExtractor") return DefaultTimestampExtractor::kWallclock;
  return DefaultTimestampExtractor::kFailOnInvalid;
}

AutoOffsetReset offset_reset(const StreamsConfig& config) {
  const std::string value =
      first_set(config, {"main.consumer.auto.offset.reset", "consumer.auto.offset.reset", "auto.offset.reset"});
  return parse_offset_reset(value).value_or(AutoOffsetReset::earliest());
}

void read_handlers(const StreamsConfig& config, RuntimeConfig& out) {
  const std::string& dead_letters = out.dead_letter_topic;
  out.deserialization_handler = config.deserialization_handler();
  if (!out.deserialization_handler) {
    const std::string name =
        first_set(config, {"deserialization.exception.handler", "default.deserialization.exception.handler"});
    out.deserialization_handler =
        builtin_deserialization_handler(simple_name(name) == "LogAndFailExceptionHandler", dead_letters, out.logger);
  }
  out.processing_handler = config.processing_handler();
  if (!out.processing_handler) {
    const std::string name = config.get("processing.exception.handler");
    out.processing_handler = builtin_processing_handler(simple_name(name) == "LogAndFailProcessingExceptionHandler",
                                                        dead_letters, out.logger);
  }
  out.production_handler = config.production_handler();
  if (!out.production_handler) out.production_handler = builtin_production_handler(dead_letters);
}

void require(const StreamsConfig& config, const std::string& key, const std::string& example) {
  if (config.get(key).empty())
    throw ConfigError("Setting " + key + " is missing. For instance: " + key + "=" + example);
}

/// Topic names allow letters, digits, '.', '_' and '-'; the application id is part of internal topics' names.
void check_application_id(const std::string& id) {
  const auto legal = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (id == "." || id == ".." || !std::all_of(id.begin(), id.end(), legal)) {
    throw ConfigError("Setting application.id has the value \"" + id +
                      "\"; it names internal topics and a directory, so it takes letters, digits, '.', '_' and '-'.");
  }
}

std::int64_t client_number(const StreamsConfig& config, const std::string& prefix, const std::string& name,
                           std::int64_t fallback) {
  for (const std::string& key : {prefix + name, name}) {
    if (!config.is_set(key)) continue;
    const auto number = parse_integer(config.get(key));
    if (!number)
      throw ConfigError("Setting " + key + " has the value \"" + config.get(key) + "\"; it takes a whole number.");
    return *number;
  }
  return fallback;
}

void check_transaction_timeout(const RuntimeConfig& config) {
  if (!config.exactly_once) return;
  const std::int64_t timeout = client_number(config.source, "producer.", "transaction.timeout.ms", 10000);
  if (timeout > config.commit_interval_ms) return;
  throw ConfigError("Setting commit.interval.ms (" + std::to_string(config.commit_interval_ms) +
                    ") must be below producer.transaction.timeout.ms (" + std::to_string(timeout) +
                    "): a transaction stays open for a commit interval.");
}

/// Adds what `prefix` says ("" for settings without one).
void add_client_settings(const StreamsConfig& config, ClientRole role, const std::string& prefix,
                         client::Settings& out) {
  for (const auto& [key, value] : config.settings()) {
    if (!key.starts_with(prefix)) continue;
    const std::string name = key.substr(prefix.size());
    if (prefix.empty() && find_library_key(name) != nullptr && name != "enable.metrics.push") continue;
    if (name == "bootstrap.servers") {
      out[name] = value;
      continue;
    }
    if (classify_client_key(role, name).use == ClientKey::Use::kPass) translate_client_setting(name, value, out);
  }
}

client::Settings base_settings(const RuntimeConfig& config, const std::string& name) {
  client::Settings out;
  const std::string servers = config.source.get("bootstrap.servers");
  if (!servers.empty()) out["bootstrap.servers"] = servers;
  out["client.id"] = name;
  return out;
}

std::string application_server(const StreamsConfig& config) {
  std::string out = config.get("application.server");
  if (is_endpoint(out)) return out;
  throw ConfigError("application.server is '" + out + "': it must be host:port, where others can ask this instance.");
}

/// The limits are Kafka Streams'.
void read_tags(const StreamsConfig& config, RuntimeConfig& out) {
  constexpr std::size_t kMostTags = 5, kLongestKey = 20, kLongestValue = 30;
  constexpr std::string_view kPrefix = "client.tag.";
  for (const auto& [key, value] : config.settings()) {
    if (!key.starts_with(kPrefix)) continue;
    const std::string tag = key.substr(kPrefix.size());
    if (!is_tag(tag) || !is_tag(value) || tag.size() > kLongestKey || value.size() > kLongestValue) {
      throw ConfigError(
          "Setting " + key + " has the value \"" + value +
          "\"; tags have keys of up to 20 characters and values of up to 30, without ';', ',', ':', '='.");
    }
    out.client_tags[tag] = value;
  }
  if (out.client_tags.size() > kMostTags) throw ConfigError("There may be at most 5 settings client.tag.*.");
  out.rack_tags = split_list(config.get("rack.aware.assignment.tags"));
  for (const std::string& tag : out.rack_tags) {
    if (out.client_tags.contains(tag)) continue;
    throw ConfigError("Setting rack.aware.assignment.tags names the tag " + tag + ", so client.tag." + tag +
                      " must say what it is of this instance.");
  }
}

const char* prefix_of(ConsumerKind kind) {
  switch (kind) {
    case ConsumerKind::kMain:
      return "main.consumer.";
    case ConsumerKind::kRestore:
      return "restore.consumer.";
    case ConsumerKind::kGlobal:
      break;
  }
  return "global.consumer.";
}

}  // namespace

client::Settings RuntimeConfig::consumer(ConsumerKind kind, const std::string& name) const {
  client::Settings out = base_settings(*this, name);
  if (kind == ConsumerKind::kMain) {
    out["client.id"] = client_id_with_marks(name, {.application_server = application_server});
    out["max.poll.interval.ms"] = std::to_string(max_poll_interval_ms);
  }
  add_client_settings(source, ClientRole::kConsumer, "", out);
  add_client_settings(source, ClientRole::kConsumer, "consumer.", out);
  add_client_settings(source, ClientRole::kConsumer, prefix_of(kind), out);
  if (exactly_once) out["isolation.level"] = "read_committed";
  // Also of consumers that join no group: the broker checks the right to a group's coordinator in any case.
  out["group.id"] = application_id;
  if (kind != ConsumerKind::kMain) out.erase("group.instance.id");
  return out;
}

client::Settings RuntimeConfig::producer(const std::string& name, const std::string& transactional_id) const {
  client::Settings out = base_settings(*this, name);
  out["enable.idempotence"] = "true";
  if (exactly_once) out["transaction.timeout.ms"] = "10000";
  add_client_settings(source, ClientRole::kProducer, "", out);
  add_client_settings(source, ClientRole::kProducer, "producer.", out);
  if (!transactional_id.empty()) {
    out["transactional.id"] = transactional_id;
    out["enable.idempotence"] = "true";
  }
  return out;
}

client::Settings RuntimeConfig::admin(const std::string& name) const {
  client::Settings out = base_settings(*this, name);
  add_client_settings(source, ClientRole::kAdmin, "", out);
  add_client_settings(source, ClientRole::kAdmin, "admin.", out);
  return out;
}

RuntimeConfig resolve_config(const StreamsConfig& config, bool needs_bootstrap) {
  require(config, "application.id", "my-application");
  if (needs_bootstrap) require(config, "bootstrap.servers", "localhost:9092");
  RuntimeConfig out;
  out.source = config;
  out.logger = config.logger();
  out.application_id = config.get("application.id");
  check_application_id(out.application_id);
  out.client_id = config.get("client.id");
  out.exactly_once = config.get("processing.guarantee") == "exactly_once_v2";
  out.commit_interval_ms = integer(config, "commit.interval.ms");
  out.threads = static_cast<int>(integer(config, "num.stream.threads"));
  out.cache_bytes = static_cast<std::size_t>(
      *parse_integer(first_set(config, {"statestore.cache.max.bytes", "cache.max.bytes.buffering"})));
  out.application_server = application_server(config);
  out.state_dir = config.get("state.dir");
  out.group_may_write_state = config.get("allow.os.group.write.access") == "true";
  out.state_memory_bytes = static_cast<std::size_t>(integer(config, "state.memory.bytes"));
  out.state_cleanup_delay_ms = integer(config, "state.cleanup.delay.ms");
  out.max_task_idle_ms = integer(config, "max.task.idle.ms");
  out.replication_factor = static_cast<std::int16_t>(integer(config, "replication.factor"));
  out.poll_ms = static_cast<int>(integer(config, "poll.ms"));
  out.max_poll_records = static_cast<std::size_t>(*parse_integer(
      first_set(config, {"main.consumer.max.poll.records", "consumer.max.poll.records", "max.poll.records"})));
  out.max_poll_interval_ms = client_number(config, "main.consumer.", "max.poll.interval.ms",
                                           client_number(config, "consumer.", "max.poll.interval.ms", 300000));
  out.metadata_max_age_ms = client_number(config, "consumer.", "metadata.max.age.ms", 300000);
  out.buffered_records = static_cast<std::size_t>(integer(config, "buffered.records.per.partition"));
  out.task_timeout_ms = integer(config, "task.timeout.ms");
  out.source_topic_timeout_ms = integer(config, "source.topic.timeout.ms");
  out.repartition_purge_interval_ms = integer(config, "repartition.purge.interval.ms");
  out.log_summary_interval_ms = integer(config, "log.summary.interval.ms");
  out.window_changelog_additional_retention_ms = integer(config, "windowstore.changelog.additional.retention.ms");
  const std::string level = config.get("metrics.recording.level");
  out.metrics_level = level == "TRACE"   ? RecordingLevel::kTrace
                      : level == "DEBUG" ? RecordingLevel::kDebug
                                         : RecordingLevel::kInfo;
  out.metrics_windows = {integer(config, "metrics.sample.window.ms"),
                         static_cast<int>(integer(config, "metrics.num.samples"))};
  out.offset_reset = offset_reset(config);
  out.timestamp_extractor = timestamp_extractor(config);
  out.dead_letter_topic = config.get("errors.dead.letter.queue.topic.name");
  out.standby_replicas = static_cast<int>(integer(config, "num.standby.replicas"));
  read_tags(config, out);
  for (const auto& [key, value] : config.settings()) {
    if (key.starts_with("topic.")) out.topic_defaults[key.substr(6)] = value;
  }
  read_handlers(config, out);
  check_transaction_timeout(out);
  return out;
}

}  // namespace streams::runtime
