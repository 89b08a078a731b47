// A producer, transactional where "transactional.id" is set.
//
// Delivery reports are served in the producer's own thread, inside send (now and then), poll, flush and the transaction
// calls. A record carries a pointer to its partition's state, so a report costs a compare and a store.
#pragma once

#include "client/client.hpp"

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
  std::vector<DeliveryError> take_errors() override { return std::exchange(errors_, {}); }
  std::int64_t acked_offset(const TopicPartition& partition) const override;
  Result<std::int32_t> partitions(const std::string& topic, int timeout_ms) override;

 private:
  using Clock = std::chrono::steady_clock;

  struct Partition {
    KafkaProducer* producer;
    std::int64_t acked = -1;
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
  rd_kafka_resp_err_t produce(const ProducerRecord& record, Topic& topic, Partition& partition);
  Status send_failure(rd_kafka_resp_err_t error, const ProducerRecord& record) const;
  template <class Call>
  Status transact(const char* what, int timeout_ms, Call call);

  std::shared_ptr<Handle> handle_;
  std::vector<DeliveryError> errors_;
  std::unordered_map<std::string_view, std::unique_ptr<Topic>> topics_;  ///< keys point into the values
  Topic* last_topic_ = nullptr;
  int sent_since_poll_ = 0;
  bool in_transaction_ = false;
  bool at_time_zero_ = false;  ///< the record being sent has timestamp 0
};

}  // namespace streams::client::kafka
