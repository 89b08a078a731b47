// A consumer whose partitions each have a queue of their own, so that none holds up another and nothing is ever paused.
//
// 1. Every assigned partition has its queue taken away from the common one before it is assigned.
// 2. What a rebalance listener assigns and unassigns is collected and handed over in one call when it returns: that
// call
//    is the answer that librdkafka waits for, so there must be exactly one, even if it is empty.
// 3. Nothing is committed between our request to join and the group's answer (librdkafka before 2.10 would queue the
//    commit behind the join, fail it, and give up the whole assignment).
#pragma once

#include <streams/client.hpp>

#include "client/kafka/kafka_conf.hpp"
#include "client/kafka/waker.hpp"

#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace streams::client::kafka {

class KafkaConsumer final : public Consumer {
 public:
  KafkaConsumer(const Settings& settings, LoggerPtr logger, bool show_debug);
  ~KafkaConsumer() override;

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
  struct Partition {
    QueuePtr queue;
    std::int64_t position = -1;
    bool at_end = false;  ///< the broker said so, and nothing came since
    bool heard = false;   ///< a record came since it was assigned or moved
  };

  void resolve(std::vector<PartitionStart>& starts);
  Status hand_over_assign(const std::vector<PartitionStart>& starts);
  Status hand_over_unassign(const std::vector<TopicPartition>& partitions);
  Status restart(const PartitionStart& start);
  bool drop(const TopicPartition& name);
  void rebalance(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t* list);
  void answer(bool assigned);
  bool serve(std::vector<ConsumerError>& errors);
  void note_error(const rd_kafka_message_t& message, std::int32_t partition);
  void keep_fetching();
  Permission may_join() const;
  Status refuse_unless_member(const std::string& what);
  bool safe_to_destroy();
  void give_back_all();

  Waker waker_;  // outlives the handle, whose queues call it
  std::shared_ptr<Handle> handle_;
  QueuePtr events_;  ///< rebalances and errors; null when closed
  std::map<TopicPartition, Partition> partitions_;
  std::vector<ConsumerError> pending_errors_;

  const std::string group_;
  const bool has_group_;
  RebalanceListener* listener_ = nullptr;
  std::set<TopicPartition> owned_;  ///< what the group has given
  const bool is_static_;            ///< has a group.instance.id
  bool was_assigned_ = false;       ///< the group has given an assignment at least once
  bool in_callback_ = false;
  bool called_back_ = false;  ///< since serve() began
  std::exception_ptr thrown_;
  std::vector<PartitionStart> to_assign_;
  std::vector<TopicPartition> to_unassign_;

  std::vector<rd_kafka_message_t*> scratch_;
  bool left_some_ = false;  ///< a fetch took less than there was
  const bool kicks_;
  const std::string kick_user_, kick_password_;
  std::chrono::steady_clock::time_point last_kick_;
};

}  // namespace streams::client::kafka
