// A consumer of the embedded cluster.
#pragma once

#include "client/embedded/cluster_state.hpp"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace streams::client::embedded {

/// The longest wait before time is looked at again: sessions and transactions end by the cluster's clock.
constexpr std::chrono::milliseconds kLongestWait{100};

/// A poll does not end at once for records that an earlier one has announced and nobody has begun to fetch: an
/// application that leaves a partition alone because it has enough of it can wait for the others (the librdkafka
/// consumer does the same).
class EmbeddedConsumer final : public Consumer {
 public:
  EmbeddedConsumer(ClusterPtr cluster, const Settings& settings);
  ~EmbeddedConsumer() override;

  Status subscribe(const std::vector<std::string>& topics, RebalanceListener& listener) override;
  Status assign(std::span<const PartitionStart> partitions) override;
  Status unassign(std::span<const TopicPartition> partitions) override;
  Status seek(const PartitionStart& start) override;
  void poll(int timeout_ms, std::vector<ConsumerError>& errors) override;
  std::unique_ptr<RecordBatch> fetch(const TopicPartition& partition, std::size_t max) override;
  bool at_end(const TopicPartition& partition) const override;
  std::int64_t position(const TopicPartition& partition) const override;
  Result<std::vector<OffsetAndMetadata>> committed(const std::vector<TopicPartition>& partitions,
                                                   int timeout_ms) override;
  Status commit(const std::vector<OffsetAndMetadata>& offsets) override;
  Result<GroupMetadata> group_metadata() override;
  void close(Leaving leaving = Leaving::kUsual) override;

 private:
  struct Fetched {
    std::shared_ptr<PartitionLog> log;  ///< null while the partition does not exist
    std::int64_t position = 0;          ///< may be kEarliest or kLatest while `log` is null
    mutable std::int64_t cursor = 0;    ///< >= position: records in between are invisible
    std::int64_t told_until = -1;       ///< poll or fetch have shown that there are records up to here; -1: nothing yet
    bool left_some = false;             ///< the last fetch did not take everything, and there was no poll since
    bool failed = false;                ///< was reported, waits for seek or for the topic to appear
  };

  bool serve_group(std::vector<ConsumerError>& errors);
  void take_assignment(const std::set<TopicPartition>& assignment);
  void lose_membership();
  void leave_group(Leaving leaving);
  void report_missing_topics(std::vector<ConsumerError>& errors);

  void move_to(Fetched& fetched, std::int64_t offset);
  static bool has_news(Fetched& fetched, const View& view);
  void attach(const TopicPartition& partition, Fetched& fetched);
  View look(const Fetched& fetched) const;
  bool look_around(std::vector<ConsumerError>& errors);
  bool look_at(const TopicPartition& partition, Fetched& fetched, std::vector<ConsumerError>& errors);

  const ClusterPtr cluster_;
  const Isolation isolation_;
  Waker waker_;
  std::map<TopicPartition, Fetched> fetched_;
  bool closed_ = false;

  JoinRequest join_;
  MemberKey member_;                       ///< member_id empty: not in the group
  RebalanceListener* listener_ = nullptr;  ///< null: not subscribed
  std::set<TopicPartition> owned_;         ///< as the listener knows it
  std::set<std::string> missing_;          ///< subscribed topics that were reported not to exist
  std::int64_t topics_version_ = -1;
  bool fenced_ = false;
};

}  // namespace streams::client::embedded
