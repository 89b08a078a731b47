// Topic settings: Kafka's names and defaults, and those of them that the embedded log acts upon.
#pragma once

#include <streams/status.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace streams::client::embedded {

struct TopicConfig {
  bool compact = false;  ///< cleanup.policy contains "compact"
  bool expire = true;    ///< cleanup.policy contains "delete"
  bool log_append_time = false;
  std::int64_t retention_ms = 0;     ///< -1: for ever
  std::int64_t retention_bytes = 0;  ///< of one partition; -1: no limit
  std::int64_t delete_retention_ms = 0;
  std::int64_t min_compaction_lag_ms = 0;
  std::int64_t max_message_bytes = 0;
  double min_cleanable_dirty_ratio = 0;
  /// Every setting of the topic with its value, as DescribeConfigs shows them.
  std::map<std::string, std::string> all;
};

/// Applies `overrides` to Kafka's defaults. kInvalidArgument for a name or value that Kafka does not know.
Result<TopicConfig> topic_config(const std::map<std::string, std::string>& overrides);

/// kInvalidArgument if Kafka would refuse the name. Source: org.apache.kafka.common.internals.Topic.validate.
Status check_topic_name(const std::string& name);

}  // namespace streams::client::embedded
