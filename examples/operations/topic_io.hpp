// Whole topics, read and written with plain clients: what the tools here have in common.
#pragma once

#include <streams/client.hpp>
#include <streams/embedded_cluster.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace operations {

inline constexpr int kPatienceMs = 30'000;

/// Throws std::runtime_error that says what was tried, unless the status is ok.
void check(const streams::Status& status, const std::string& what);

/// The partitions of a topic with their ends. Throws std::runtime_error if there is no such topic.
std::map<streams::client::TopicPartition, streams::client::OffsetRange> offsets_of(
    streams::client::ClientFactory& clients, const std::string& topic);

/// Calls `use` for every record that is in the topic now, partition by partition each in its order, without those of
/// transactions that were aborted or are not finished. Throws std::runtime_error.
void read_topic(streams::client::ClientFactory& clients, const std::string& topic,
                const std::function<void(const streams::StoredRecord&)>& use);

/// The latest value of each key: what a table of the topic holds. Records without key are left out.
using Rows = std::map<streams::Bytes, streams::Bytes>;
Rows fold(streams::client::ClientFactory& clients, const std::string& topic);

/// The record as producers take it; borrows from it.
streams::client::ProducerRecord to_send(const std::string& topic, std::int32_t partition,
                                        const streams::StoredRecord& record);

/// Writes records, in order.
class Writer {
 public:
  explicit Writer(streams::client::ClientFactory& clients);
  /// To record.partition; if that is -1, to the one that Kafka's default partitioner gives the key (without key: 0).
  void write(const std::string& topic, const streams::StoredRecord& record);
  /// Waits until all are stored. Throws std::runtime_error if one is not.
  void finish();

 private:
  std::unique_ptr<streams::client::Producer> producer_;
};

}  // namespace operations
