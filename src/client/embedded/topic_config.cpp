// Kafka 4's topic settings with their defaults, and the reading of their values.
#include "client/embedded/topic_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace streams::client::embedded {
namespace {

/// Source: org.apache.kafka.storage.internals.log.LogConfig.
constexpr auto kDefaults = std::to_array<std::pair<const char*, const char*>>({
    {"cleanup.policy", "delete"},
    {"compression.gzip.level", "-1"},
    {"compression.lz4.level", "9"},
    {"compression.type", "producer"},
    {"compression.zstd.level", "3"},
    {"delete.retention.ms", "86400000"},
    {"file.delete.delay.ms", "60000"},
    {"flush.messages", "9223372036854775807"},
    {"flush.ms", "9223372036854775807"},
    {"follower.replication.throttled.replicas", ""},
    {"index.interval.bytes", "4096"},
    {"leader.replication.throttled.replicas", ""},
    {"local.retention.bytes", "-2"},
    {"local.retention.ms", "-2"},
    {"max.compaction.lag.ms", "9223372036854775807"},
    {"max.message.bytes", "1048588"},
    {"message.timestamp.after.max.ms", "3600000"},
    {"message.timestamp.before.max.ms", "9223372036854775807"},
    {"message.timestamp.type", "CreateTime"},
    {"min.cleanable.dirty.ratio", "0.5"},
    {"min.compaction.lag.ms", "0"},
    {"min.insync.replicas", "1"},
    {"preallocate", "false"},
    {"remote.log.copy.disable", "false"},
    {"remote.log.delete.on.disable", "false"},
    {"remote.storage.enable", "false"},
    {"retention.bytes", "-1"},
    {"retention.ms", "604800000"},
    {"segment.bytes", "1073741824"},
    {"segment.index.bytes", "10485760"},
    {"segment.jitter.ms", "0"},
    {"segment.ms", "604800000"},
    {"unclean.leader.election.enable", "false"},
});

template <class Number>
bool parse(const std::string& text, Number& out) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && last == end;
}

bool parse_policy(std::string_view text, TopicConfig& config) {
  config.compact = config.expire = false;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view word = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (word == "compact")
      config.compact = true;
    else if (word == "delete")
      config.expire = true;
    else
      return false;
  }
  return config.compact || config.expire;
}

Status refuse(const std::string& name, const std::string& value) {
  return {StatusCode::kInvalidArgument, "Invalid value " + value + " for topic configuration " + name};
}

}  // namespace

Result<TopicConfig> topic_config(const std::map<std::string, std::string>& overrides) {
  TopicConfig config;
  for (const auto& [name, value] : kDefaults) config.all.emplace(name, value);
  for (const auto& [name, value] : overrides) {
    const auto found = config.all.find(name);
    if (found == config.all.end()) return Status(StatusCode::kInvalidArgument, "Unknown topic configuration " + name);
    found->second = value;
  }
  const std::pair<const char*, std::int64_t*> numbers[] = {{"retention.ms", &config.retention_ms},
                                                           {"retention.bytes", &config.retention_bytes},
                                                           {"delete.retention.ms", &config.delete_retention_ms},
                                                           {"min.compaction.lag.ms", &config.min_compaction_lag_ms},
                                                           {"max.message.bytes", &config.max_message_bytes}};
  for (const auto& [name, out] : numbers) {
    if (!parse(config.all.at(name), *out)) return refuse(name, config.all.at(name));
  }
  if (!parse(config.all.at("min.cleanable.dirty.ratio"), config.min_cleanable_dirty_ratio)) {
    return refuse("min.cleanable.dirty.ratio", config.all.at("min.cleanable.dirty.ratio"));
  }
  if (!parse_policy(config.all.at("cleanup.policy"), config))
    return refuse("cleanup.policy", config.all.at("cleanup.policy"));
  const std::string& type = config.all.at("message.timestamp.type");
  if (type != "CreateTime" && type != "LogAppendTime") return refuse("message.timestamp.type", type);
  config.log_append_time = type == "LogAppendTime";
  return config;
}

Status check_topic_name(const std::string& name) {
  constexpr std::size_t kMaxLength = 249;
  const bool legal = !name.empty() && name.size() <= kMaxLength && name != "." && name != ".." &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                              c == '_' || c == '-';
                     });
  if (legal) return {};
  return {
      StatusCode::kInvalidArgument,
      "Topic name '" + name + "' is illegal: 1 to 249 characters of a-z, A-Z, 0-9, '.', '_' and '-', not '.' or '..'"};
}

}  // namespace streams::client::embedded
