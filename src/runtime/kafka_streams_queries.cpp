// What queries ask a client: its topology as prepared, its group, offsets.
#include <runtime/kafka_streams_runtime.hpp>

namespace streams::runtime {

std::shared_ptr<const PreparedTopology> ClientRuntime::prepared() const {
  std::lock_guard lock(mutex_);
  return topics_ ? topics_->current() : nullptr;
}

Result<client::GroupDescription> ClientRuntime::describe_group(int timeout_ms) const {
  if (client::Admin* admin = this->admin()) return admin->describe_group(config_.application_id, timeout_ms);
  return Status(StatusCode::kUnavailable, "KafkaStreams is not started.");
}

Result<std::map<client::TopicPartition, client::OffsetRange>> ClientRuntime::offsets(
    const std::vector<client::TopicPartition>& partitions, int timeout_ms) const {
  if (client::Admin* admin = this->admin()) return admin->offsets(partitions, timeout_ms);
  return Status(StatusCode::kUnavailable, "KafkaStreams is not started.");
}

/// Lives as long as this object once it is there.
client::Admin* ClientRuntime::admin() const {
  std::lock_guard lock(mutex_);
  return admin_.get();
}

}  // namespace streams::runtime
