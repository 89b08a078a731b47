// The topics of an embedded cluster. Threads: any.
#pragma once

#include "client/embedded/partition_log.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace streams::client::embedded {

/// A topic as it is at one moment; growing replaces it by another that shares the logs.
struct Topic {
  std::string name;
  std::shared_ptr<const TopicConfig> config;
  std::vector<std::shared_ptr<PartitionLog>> partitions;
};

class Topics {
 public:
  /// `auto_create_partitions` 0: producing to a topic that does not exist fails.
  Topics(std::int32_t auto_create_partitions, const Clock& clock)
      : auto_create_partitions_(auto_create_partitions), clock_(clock) {}

  Status create(const NewTopic& topic);
  Status remove(const std::string& name);
  /// Adds partitions until there are `count`; kInvalidArgument if there are as many already.
  Status grow(const std::string& name, std::int32_t count);

  /// Null if it does not exist.
  std::shared_ptr<const Topic> find(std::string_view name) const;
  /// The topic to write to: created here where that is allowed. Null if it does not exist.
  std::shared_ptr<const Topic> find_or_create(std::string_view name);
  std::shared_ptr<PartitionLog> log(const TopicPartition& partition) const;
  std::vector<std::shared_ptr<const Topic>> all() const;

  /// Moves on with every topic that comes, goes or grows.
  std::int64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  std::shared_ptr<PartitionLog> new_log(const Topic& topic, std::int32_t partition) const;

  const std::int32_t auto_create_partitions_;
  const Clock& clock_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const Topic>, std::less<>> topics_;
  std::atomic<std::int64_t> version_{0};
};

/// "orders[3]"
std::string name_of(const TopicPartition& partition);
/// The Status of a request about a topic or partition that does not exist.
Status unknown_partition(const TopicPartition& partition);
Status unknown_topic(std::string_view name);

}  // namespace streams::client::embedded
