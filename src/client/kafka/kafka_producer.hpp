// A producer, transactional where "transactional.id" is set.
//
// Invariants:
// 1. Delivery reports are served in the producer's own thread, inside send (now and then), poll, flush and the
//    transaction calls. A record carries a pointer to its partition's state, so a report costs a compare and a store.
// 2. librdkafka has at most one batch of a partition. While it is under way, what comes after it is held here: an
//    idempotent producer's broker thread (of librdkafka 2.0; the source of 2.15 is the same there) spins as long as
//    records older than linger.ms wait for an acknowledgement, which burns a core when brokers are slow.
#pragma once

#include <streams/client.hpp>

#include "client/kafka/held_records.hpp"
#include "client/kafka/kafka_conf.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace streams::client::kafka {

class KafkaProducer final : public Producer {
 public:
  KafkaProducer(const Settings& settings, LoggerPtr logger, bool show_debug);
  ~KafkaProducer() override;

  Status init_transactions(int timeout_ms) override;
  Status begin_transaction() override;
  Status send_offsets(const std::vector<OffsetAndMetadata>& offsets, const GroupMetadata& group,
                      int timeout_ms) override;
  Status commit_transaction(int timeout_ms) override;
  Status abort_transaction(int timeout_ms) override;

  Status send(const ProducerRecord& record) override;
  Status flush(int timeout_ms) override;
  void poll() override;
  bool holding() const override { return held_bytes_ > 0; }
  std::vector<DeliveryError> take_errors() override { return std::exchange(errors_, {}); }
  std::int64_t acked_offset(const TopicPartition& partition) const override;
  Result<std::int32_t> partitions(const std::string& topic, int timeout_ms) override;

 private:
  using Clock = std::chrono::steady_clock;

  struct Topic;
  struct Partition {
    KafkaProducer* producer;
    Topic* topic;
    std::int32_t number;
    std::int64_t acked = -1;
    std::int64_t under_way = 0;  ///< records that librdkafka has
    std::size_t batch_records = 0, batch_bytes = 0;
    Clock::time_point batch_begun;
    bool batch_closed = false;
    HeldRecords held;
  };
  struct Topic {
    std::string name;
    TopicPtr handle;
    std::deque<Partition> partitions;  // does not move them: records under way point to them
    std::int32_t count = 0;            ///< as counted at `counted`; 0 if never
    Clock::time_point counted;
  };

  static rd_kafka_resp_err_t sending(rd_kafka_t* handle, rd_kafka_message_t* message, void* self);
  static void delivered(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque);
  Topic& topic(std::string_view name);
  bool joins_batch(Partition& partition, std::size_t bytes) const;
  rd_kafka_resp_err_t produce(const ProducerRecord& record, Partition& partition);
  Status hold(const ProducerRecord& record, Partition& partition);
  void serve(int timeout_ms);
  void hand_over(Partition& partition);
  void drop_held();
  Status send_failure(rd_kafka_resp_err_t error, const Partition& partition);
  Status failure(rd_kafka_resp_err_t error, std::string_view what, const Permissions& needed) const;
  Status refused();
  template <class Call>
  Status transact(const char* what, int timeout_ms, const Permissions& needed, Call call);

  std::shared_ptr<Handle> handle_;
  std::size_t max_batch_records_ = 0;
  std::size_t max_message_bytes_ = 0;
  std::size_t max_batch_bytes_ = 0;
  Clock::duration batch_window_{};  ///< of time in which records may join a batch
  std::vector<DeliveryError> errors_;
  std::vector<Partition*> acknowledged_;  ///< with held records, and nothing under way
  std::size_t held_bytes_ = 0;
  std::unordered_map<std::string_view, std::unique_ptr<Topic>> topics_;  ///< keys point into the values
  Topic* last_topic_ = nullptr;
  int sent_since_poll_ = 0;
  std::string transactional_id_;
  bool in_transaction_ = false;
  Status refused_;             ///< a topic that this transaction must not write to
  bool at_time_zero_ = false;  ///< the record being sent has timestamp 0
};

}  // namespace streams::client::kafka
