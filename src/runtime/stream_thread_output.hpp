// The producer of a stream thread: where its tasks send, with the transaction that surrounds it under exactly-once.
#pragma once

#include <runtime/config.hpp>
#include <runtime/log.hpp>
#include <runtime/task_types.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace streams::runtime {

/// Belongs to one stream thread. A transaction begins with the first record that is sent in it.
/// Source: org.apache.kafka.streams.processor.internals.StreamsProducer.
class ThreadOutput final : public TaskOutput {
 public:
  ThreadOutput(const RuntimeConfig& config, client::ClientFactory& clients, const std::string& name,
               const std::string& transactional_id, const Log& log);

  /// Makes the producer; under exactly-once that ends what a predecessor left open. Not ok: try again later.
  Status open();
  bool is_open() const { return producer_ != nullptr; }
  bool holding() const { return producer_ != nullptr && producer_->holding(); }
  /// Forgets the producer and the transaction with it.
  void reset();

  // TaskOutput
  Status send(const client::ProducerRecord& record) override;
  Result<std::int32_t> partitions(std::string_view topic) override;
  std::int64_t acked_offset(const client::TopicPartition& partition) const override;

  /// Serves deliveries without waiting and deals with those that failed. Throws as flush().
  void poll();
  /// Waits until everything is acknowledged. Throws TaskError, TaskMigrated or TaskCorrupted for records that were not,
  /// as the production handler says.
  void flush();

  bool in_transaction() const { return in_transaction_; }
  /// Commits the transaction with these offsets; begins one if there is none. `group` is taken when it is needed.
  /// Throws TaskMigrated where the producer or the membership is superseded, TaskCorrupted where the transaction must
  /// be aborted, StreamsError where a permission is missing.
  void commit_transaction(const std::vector<client::OffsetAndMetadata>& offsets, const client::GroupMetadata& group);
  /// Ends an open transaction without its records; a producer that cannot do that is forgotten.
  void abort_transaction();

  std::uint64_t dropped() const { return dropped_.value(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };
  Status begin();
  void check_errors();
  std::int32_t any_partition(std::string_view topic);
  /// Repeats a step while it times out, as long as task.timeout.ms allows.
  Status insist(const std::function<Status()>& step) const;
  [[noreturn]] void fail_transaction(const std::string& what, const Status& status);

  const RuntimeConfig& config_;
  client::ClientFactory& clients_;
  const std::string name_;
  const std::string transactional_id_;
  const Log& log_;
  std::unique_ptr<client::Producer> producer_;
  bool in_transaction_ = false;
  Counter dropped_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> counts_;  ///< of topics that get keyless records
  std::uint32_t keyless_ = 0;
};

}  // namespace streams::runtime
