// A Kafka cluster inside the process: for a first try, for tests, for programs that need no broker.
#pragma once

#include <streams/clock.hpp>
#include <streams/record.hpp>
#include <streams/status.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace streams {

namespace client {
class ClientFactory;
}

/// A record as it lies in a topic: `partition` and `offset` say where, `timestamp` is in milliseconds since the epoch,
/// `key`, `value` and `headers` are what was written. Null is std::nullopt.
struct StoredRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Timestamp timestamp = 0;
  OptionalBytes key{};
  OptionalBytes value{};
  Headers headers{};
  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

/// A record to be written to a topic: `key`, `value` and `headers` as they shall be stored. Null is std::nullopt.
struct RecordToStore {
  OptionalBytes key = std::nullopt;
  OptionalBytes value = std::nullopt;
  Timestamp timestamp = -1;  ///< -1: the cluster's time
  Headers headers = {};
  /// Not set: by the key as Kafka's default partitioner does; records without key go round.
  std::optional<std::int32_t> partition = std::nullopt;
};

/// Topics, consumer groups and transactions as in Kafka, in memory.
///
/// What is kept lives as long as the process. Retention (retention.ms, retention.bytes), compaction and DeleteRecords
/// free memory as they do on a broker; there is one replica, whatever replication factor is asked for.
/// Threads:  every function may be called from any thread. There is no thread inside: sessions and transactions time
///           out when a client calls and the cluster's clock has moved on, so that a program which owns the clock and
///           polls without waiting runs the same way every time.
/// Lifetime: clients made by clients() keep the data; the cluster object may be destroyed before them. The clock may
/// not. Differs from Kafka: consumers send heartbeats in poll and other calls, not in between; consumer offsets never
/// expire;
///           record times in the future are not refused.
class EmbeddedCluster {
 public:
  /// How the cluster differs from one with a broker's defaults.
  struct Options {
    /// Partitions of topics that are made when somebody writes to them. 0: such a write fails.
    std::int32_t auto_create_partitions = 0;
  };
  /// Where a record was put.
  struct Position {
    std::int32_t partition = 0;  ///< counted from 0, as the offset
    std::int64_t offset = 0;
  };

  explicit EmbeddedCluster(const Clock& clock = system_clock());
  explicit EmbeddedCluster(Options options, const Clock& clock = system_clock());
  ~EmbeddedCluster();
  EmbeddedCluster(const EmbeddedCluster&) = delete;
  EmbeddedCluster& operator=(const EmbeddedCluster&) = delete;

  /// Makes a topic. `configs` by Kafka's names ("cleanup.policy", "retention.ms", ...).
  /// kAlreadyExists, or kInvalidArgument for a bad name, number or setting.
  Status create_topic(const std::string& topic, std::int32_t partitions = 1,
                      const std::map<std::string, std::string>& configs = {});
  /// Makes a topic larger; consumer groups that read it share out the new partitions.
  Status add_partitions(const std::string& topic, std::int32_t count);
  /// kNotFound if it does not exist.
  Status delete_topic(const std::string& topic);
  /// Topic names in order, with their number of partitions.
  std::map<std::string, std::int32_t> topics() const;

  /// Writes one record outside of transactions.
  Result<Position> produce(const std::string& topic, RecordToStore record);

  /// All records of a topic that are there now, by partition and offset. `read_committed`: without those of aborted and
  /// open transactions. kNotFound if it does not exist.
  Result<std::vector<StoredRecord>> read(const std::string& topic, bool read_committed = true) const;

  /// Applies retention and compaction to all topics, now; otherwise that happens while records are written.
  void clean();

  /// What makes consumers, producers and admins of this cluster.
  client::ClientFactory& clients();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace streams
