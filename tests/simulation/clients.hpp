// Clients of the embedded cluster as a process with bad luck has them: they fail, take long, and end with the process.
#pragma once

#include <simulation/world.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace streams::simulation {

/// Makes the clients of one process.
class SimClients final : public client::ClientFactory {
 public:
  SimClients(World& world, Process& process) : world_(world), process_(process) {}
  std::unique_ptr<client::Consumer> consumer(const client::Settings& settings) override;
  std::unique_ptr<client::Producer> producer(const client::Settings& settings) override;
  std::unique_ptr<client::Admin> admin(const client::Settings& settings) override;

 private:
  World& world_;
  Process& process_;
};

/// Sends at once, or (Plan::buffered_sends) some time later and each partition by itself, as librdkafka does.
class SimProducer final : public client::Producer {
 public:
  SimProducer(World& world, Process& process, std::unique_ptr<client::Producer> inner, bool transactional);
  ~SimProducer() override { world_.senders.erase(number_); }

  Status init_transactions(int timeout_ms) override;
  Status begin_transaction() override;
  Status send_offsets(const std::vector<client::OffsetAndMetadata>& offsets, const client::GroupMetadata& group,
                      int timeout_ms) override;
  Status commit_transaction(int timeout_ms) override;
  Status abort_transaction(int timeout_ms) override;
  Status send(const client::ProducerRecord& record) override;
  Status flush(int timeout_ms) override;
  void poll() override;
  std::vector<client::DeliveryError> take_errors() override;
  std::int64_t acked_offset(const client::TopicPartition& partition) const override;
  Result<std::int32_t> partitions(const std::string& topic, int timeout_ms) override;

 private:
  struct Waiting {
    OptionalBytes key, value;
    Timestamp timestamp = -1;
    Headers headers;
  };
  /// Not ok: the process, the producer or the transaction is done for.
  Status state() const;
  Status remember(const Verdict& verdict);
  void send_waiting(bool all);
  void refuse(const client::TopicPartition& to, Waiting record, const Verdict& verdict);

  World& world_;
  Process& process_;
  const std::unique_ptr<client::Producer> inner_;
  const bool transactional_;
  const std::uint64_t number_;  ///< of this producer in the run
  std::map<client::TopicPartition, std::deque<Waiting>> waiting_;
  std::vector<client::DeliveryError> errors_;
  Status broken_;                 ///< fenced or fatal: for good
  Status abortable_;              ///< until the transaction is aborted
  bool ended_unnoticed_ = false;  ///< the transaction was committed, and the answer was lost
};

}  // namespace streams::simulation
