// Where records go: Kafka's default partitioner, and functions that choose partition or topic themselves.
#pragma once

#include <streams/bytes.hpp>
#include <streams/record.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streams {

/// The 32-bit murmur2 hash that Kafka's clients use, bit for bit.
///
/// Source: org.apache.kafka.common.utils.Utils.murmur2.
std::int32_t murmur2(BytesView bytes);

/// The partition, 0 <= p < partitions, that Kafka's default partitioner picks for a key that is not null.
///
/// Precondition: partitions > 0. Source:
/// org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey.
std::int32_t partition_for_key(BytesView key, std::int32_t partitions);

/// Chooses the partitions of a record: nullopt is Kafka's default, an empty list drops the record, several send it to
/// each. A null key or value is a null pointer. Source: org.apache.kafka.streams.processor.StreamPartitioner (KIP-837).
template <class K, class V>
using StreamPartitioner = std::function<std::optional<std::vector<std::int32_t>>(
    std::string_view topic, const K* key, const V* value, std::int32_t partitions)>;

/// Chooses the topic of a record. It must exist. A null key or value is a null pointer.
/// Source: org.apache.kafka.streams.processor.TopicNameExtractor.
template <class K, class V>
using TopicNameExtractor = std::function<std::string(const K* key, const V* value, const RecordContext& context)>;

}  // namespace streams
