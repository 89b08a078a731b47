// Timestamp extractors: the time of a record, taken from the record itself.
#pragma once

#include <streams/record.hpp>

#include <functional>

namespace streams {

/// A decoded input record before it enters the topology. References live during the call they are handed to.
/// Source: org.apache.kafka.clients.consumer.ConsumerRecord.
template <class K, class V>
struct ConsumedRecord {
  const std::optional<K>& key;  ///< decoded; null is std::nullopt, of the value too
  const std::optional<V>& value;
  Timestamp timestamp;  ///< of the record in its topic; -1: it has none
  std::string_view topic;
  std::int32_t partition;
  std::int64_t offset;
  const Headers& headers;
};

/// Gives the time of a record in milliseconds since the epoch; a negative one drops the record (and counts it).
/// `partition_time` is the highest time taken from the same partition so far, -1 before the first.
/// Source: org.apache.kafka.streams.processor.TimestampExtractor.
template <class K, class V>
using TimestampExtractor = std::function<Timestamp(const ConsumedRecord<K, V>& record, Timestamp partition_time)>;

/// The extractor of sources that have none of their own ("default.timestamp.extractor"): the time the record has in its
/// topic.
enum class DefaultTimestampExtractor {
  kFailOnInvalid,              ///< negative: the task fails. FailOnInvalidTimestamp
  kLogAndSkipOnInvalid,        ///< negative: the record is dropped. LogAndSkipOnInvalidTimestamp
  kUsePartitionTimeOnInvalid,  ///< negative: the partition's time, fails before the first.
                               ///< UsePartitionTimeOnInvalidTimestamp
  kWallclock,                  ///< always the wall clock. WallclockTimestampExtractor
};

}  // namespace streams
