// A producer of the embedded cluster: send() appends at once, so there is nothing to flush.
#pragma once

#include "client/embedded/cluster_state.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace streams::client::embedded {

class EmbeddedProducer final : public Producer {
 public:
  EmbeddedProducer(ClusterPtr cluster, const Settings& settings);

  Status init_transactions(int timeout_ms) override;
  Status begin_transaction() override;
  Status send_offsets(const std::vector<OffsetAndMetadata>& offsets, const GroupMetadata& group,
                      int timeout_ms) override;
  Status commit_transaction(int timeout_ms) override;
  Status abort_transaction(int timeout_ms) override;
  Status send(const ProducerRecord& record) override;
  Status flush(int timeout_ms) override;
  void poll() override {}
  std::vector<DeliveryError> take_errors() override;
  std::int64_t acked_offset(const TopicPartition& partition) const override;
  Result<std::int32_t> partitions(const std::string& topic, int timeout_ms) override;

 private:
  struct Target {
    std::shared_ptr<PartitionLog> log;
    std::int64_t acked = -1;
    std::int64_t pending = -1;  ///< of the open transaction; -1: the partition is not part of it yet
  };
  using TopicTargets = std::map<std::string, std::vector<Target>, std::less<>>;

  /// kNone: not initialised. kAborting: something failed, only abort_transaction is left.
  enum class State { kPlain, kNone, kReady, kOpen, kAborting, kFenced };

  Status may_send() const;
  Status enlist(Target& to);
  Status end(bool commit);
  Status fail(Status status);

  Target* target(const ProducerRecord& record);
  Target* resolve(const ProducerRecord& record);
  Appended append(Target& to, const ProducerRecord& record);
  void refuse(const ProducerRecord& record, Status status);

  const ClusterPtr cluster_;
  TopicTargets targets_;
  TopicTargets::value_type* latest_ = nullptr;  ///< the topic sent to last
  std::vector<DeliveryError> errors_;

  State state_ = State::kPlain;
  const std::string transactional_id_;
  const Timestamp transaction_timeout_ms_;
  ProducerSession session_;
  Status failure_;  ///< why the transaction must be aborted, or who fenced the producer
};

}  // namespace streams::client::embedded
