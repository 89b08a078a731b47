// Creation, look-up and growth of topics.
#include "client/embedded/topics.hpp"

#include <mutex>
#include <utility>

namespace streams::client::embedded {

std::string name_of(const TopicPartition& partition) {
  return partition.topic + "[" + std::to_string(partition.partition) + "]";
}

Status unknown_partition(const TopicPartition& partition) {
  return {StatusCode::kNotFound, "There is no partition " + name_of(partition)};
}

Status unknown_topic(std::string_view name) {
  return {StatusCode::kNotFound, "There is no topic " + std::string(name)};
}

std::shared_ptr<PartitionLog> Topics::new_log(const Topic& topic, std::int32_t partition) const {
  return std::make_shared<PartitionLog>(TopicPartition{topic.name, partition}, topic.config, clock_);
}

Status Topics::create(const NewTopic& request) {
  if (Status status = check_topic_name(request.name); !status.ok()) return status;
  const std::int32_t count = request.partitions == -1 ? 1 : request.partitions;
  if (count < 1) {
    return {StatusCode::kInvalidArgument,
            "Topic " + request.name + " needs at least one partition, not " + std::to_string(count)};
  }
  Result<TopicConfig> config = topic_config(request.configs);
  if (!config.ok()) return config.status();

  const std::unique_lock lock(mutex_);
  if (topics_.contains(request.name))
    return {StatusCode::kAlreadyExists, "Topic '" + request.name + "' already exists."};
  auto topic = std::make_shared<Topic>();
  topic->name = request.name;
  topic->config = std::make_shared<const TopicConfig>(std::move(config).value());
  for (std::int32_t p = 0; p < count; ++p) topic->partitions.push_back(new_log(*topic, p));
  topics_.emplace(request.name, std::move(topic));
  version_.fetch_add(1);
  return {};
}

Status Topics::remove(const std::string& name) {
  std::shared_ptr<const Topic> topic;
  {
    const std::unique_lock lock(mutex_);
    const auto found = topics_.find(name);
    if (found == topics_.end()) return unknown_topic(name);
    topic = found->second;
    topics_.erase(found);
    version_.fetch_add(1);
  }
  for (const auto& log : topic->partitions) log->mark_deleted();
  return {};
}

Status Topics::grow(const std::string& name, std::int32_t count) {
  const std::unique_lock lock(mutex_);
  const auto found = topics_.find(name);
  if (found == topics_.end()) return unknown_topic(name);
  auto grown = std::make_shared<Topic>(*found->second);
  const auto present = static_cast<std::int32_t>(grown->partitions.size());
  if (count <= present) {
    return {StatusCode::kInvalidArgument, "Topic " + name + " has " + std::to_string(present) +
                                              " partitions, which is not less than " + std::to_string(count)};
  }
  for (std::int32_t p = present; p < count; ++p) grown->partitions.push_back(new_log(*grown, p));
  found->second = std::move(grown);
  version_.fetch_add(1);
  return {};
}

std::shared_ptr<const Topic> Topics::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second;
}

std::shared_ptr<const Topic> Topics::find_or_create(std::string_view name) {
  auto topic = find(name);
  if (topic || auto_create_partitions_ <= 0) return topic;
  NewTopic request;
  request.name = name;
  request.partitions = auto_create_partitions_;
  create(request).ignore("somebody else may have been faster, and an illegal name is answered below");
  return find(name);
}

std::shared_ptr<PartitionLog> Topics::log(const TopicPartition& partition) const {
  const auto topic = find(partition.topic);
  if (!topic || partition.partition < 0 || static_cast<std::size_t>(partition.partition) >= topic->partitions.size())
    return nullptr;
  return topic->partitions[static_cast<std::size_t>(partition.partition)];
}

std::vector<std::shared_ptr<const Topic>> Topics::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<const Topic>> all;
  for (const auto& [name, topic] : topics_) all.push_back(topic);
  return all;
}

}  // namespace streams::client::embedded
