// Administration of the embedded cluster.
#include "client/embedded/cluster_state.hpp"

#include <utility>

namespace streams::client::embedded {
namespace {

class EmbeddedAdmin final : public Admin {
 public:
  explicit EmbeddedAdmin(ClusterPtr cluster) : cluster_(std::move(cluster)) {}

  Result<std::map<std::string, std::int32_t>> topics(const std::vector<std::string>& topics, int) override {
    std::map<std::string, std::int32_t> counts;
    const auto add = [&](const std::shared_ptr<const Topic>& topic) {
      if (topic) counts.emplace(topic->name, static_cast<std::int32_t>(topic->partitions.size()));
    };
    if (topics.empty()) {
      for (const auto& topic : cluster_->topics.all()) add(topic);
    }
    for (const std::string& name : topics) add(cluster_->topics.find(name));
    return counts;
  }

  Result<std::vector<Status>> create_topics(const std::vector<NewTopic>& topics, int) override {
    std::vector<Status> statuses;
    for (const NewTopic& topic : topics) statuses.push_back(cluster_->topics.create(topic));
    return statuses;
  }

  Status delete_topics(const std::vector<std::string>& topics, int) override {
    return for_all(topics, [&](const std::string& name) { return cluster_->delete_topic(name); });
  }

  Status delete_records(const std::vector<OffsetAndMetadata>& before, int) override {
    return for_all(before, [&](const OffsetAndMetadata& to) {
      const auto log = cluster_->topics.log(to.partition);
      if (!log) return unknown_partition(to.partition);
      if (!log->config().expire) {
        return Status(StatusCode::kInvalidArgument, "Records of topic " + to.partition.topic +
                                                        " cannot be deleted: its cleanup.policy is compact alone");
      }
      return log->delete_before(
          log->resolve(to.offset == -1 ? PartitionStart::kLatest : to.offset, Isolation::kReadUncommitted));
    });
  }

  Result<std::map<TopicPartition, OffsetRange>> offsets(const std::vector<TopicPartition>& partitions, int) override {
    std::map<TopicPartition, OffsetRange> ranges;
    for (const TopicPartition& partition : partitions) {
      const auto log = cluster_->topics.log(partition);
      if (!log) return unknown_partition(partition);
      const View view = log->look(0, Isolation::kReadUncommitted);
      ranges[partition] = {view.start, view.end};
    }
    return ranges;
  }

  Result<std::map<TopicPartition, std::int64_t>> offsets_at(const std::map<TopicPartition, Timestamp>& times,
                                                            int) override {
    std::map<TopicPartition, std::int64_t> offsets;
    for (const auto& [partition, time] : times) {
      const auto log = cluster_->topics.log(partition);
      if (!log) return unknown_partition(partition);
      offsets[partition] = log->first_since(time);
    }
    return offsets;
  }

  Result<std::map<std::string, std::string>> topic_configs(const std::string& topic, int) override {
    const auto found = cluster_->topics.find(topic);
    if (!found) return unknown_topic(topic);
    return found->config->all;
  }

  Result<GroupDescription> describe_group(const std::string& group, int) override {
    return cluster_->coordinator.describe(group);
  }

  Status delete_group(const std::string& group, int) override { return cluster_->coordinator.delete_group(group); }

 private:
  /// Does all of them and answers with the first failure.
  template <class Item, class Do>
  static Status for_all(const std::vector<Item>& items, Do&& act) {
    Status first;
    for (const Item& item : items) {
      Status status = act(item);
      if (first.ok()) first = std::move(status);
    }
    return first;
  }

  const ClusterPtr cluster_;
};

}  // namespace

std::unique_ptr<Admin> make_admin(ClusterPtr cluster) { return std::make_unique<EmbeddedAdmin>(std::move(cluster)); }

}  // namespace streams::client::embedded
