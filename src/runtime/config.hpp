// The settings as the runtime uses them: parsed once, complete, and turned into those of each client.
#pragma once

#include <base/sensor.hpp>
#include <streams/client.hpp>
#include <streams/config.hpp>
#include <streams/metrics.hpp>
#include <streams/timestamp.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace streams::runtime {

/// Main: joins the group and reads inputs. Restore and global: read what they are told to.
enum class ConsumerKind { kMain, kRestore, kGlobal };

struct RuntimeConfig {
  std::string application_id;
  std::string application_server;  ///< "host:port"; empty: nobody can ask this instance
  std::string client_id;           ///< empty: "<application id>-<process id>"
  bool exactly_once = false;
  std::int64_t commit_interval_ms = 0;
  int threads = 1;
  std::size_t cache_bytes = 0;  ///< of the whole client
  std::string state_dir;
  bool group_may_write_state = false;
  std::size_t state_memory_bytes = 0;
  std::int64_t state_cleanup_delay_ms = 0;
  std::int64_t max_task_idle_ms = 0;
  std::int16_t replication_factor = -1;
  int standby_replicas = 0;
  std::vector<std::string> rack_tags;              ///< whose values differ between replicas of a task
  std::map<std::string, std::string> client_tags;  ///< of this instance
  int poll_ms = 100;
  std::size_t max_poll_records = 1000;
  std::int64_t max_poll_interval_ms = 300000;
  std::int64_t metadata_max_age_ms = 300000;  ///< how often topics are looked for that patterns match
  std::size_t buffered_records = 1000;
  std::int64_t task_timeout_ms = 0;
  std::int64_t source_topic_timeout_ms = 0;
  std::int64_t repartition_purge_interval_ms = 0;
  std::int64_t log_summary_interval_ms = 0;
  std::int64_t window_changelog_additional_retention_ms = 0;
  AutoOffsetReset offset_reset;
  DefaultTimestampExtractor timestamp_extractor = DefaultTimestampExtractor::kFailOnInvalid;
  std::string dead_letter_topic;                      ///< empty: none
  std::map<std::string, std::string> topic_defaults;  ///< "topic." settings: of internal topics
  DeserializationHandler deserialization_handler;     ///< never empty
  ProcessingHandler processing_handler;
  ProductionHandler production_handler;
  RecordingLevel metrics_level = RecordingLevel::kInfo;
  metrics::SampleWindows metrics_windows;
  LoggerPtr logger;
  StreamsConfig source;  ///< as given

  /// Settings of a client of this kind, by librdkafka's names. `name` becomes client.id.
  client::Settings consumer(ConsumerKind kind, const std::string& name) const;
  client::Settings producer(const std::string& name, const std::string& transactional_id) const;
  client::Settings admin(const std::string& name) const;
};

/// Parses everything and checks what depends on several settings. Throws ConfigError.
/// `needs_bootstrap` is false where the cluster is in this process.
RuntimeConfig resolve_config(const StreamsConfig& config, bool needs_bootstrap);

/// The handlers that come with the library: fail or continue, with a dead letter where `dead_letter_topic` is not
/// empty.
DeserializationHandler builtin_deserialization_handler(bool fail, const std::string& dead_letter_topic,
                                                       const LoggerPtr& logger);
ProcessingHandler builtin_processing_handler(bool fail, const std::string& dead_letter_topic, const LoggerPtr& logger);
ProductionHandler builtin_production_handler(const std::string& dead_letter_topic);

}  // namespace streams::runtime
