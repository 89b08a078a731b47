// Kafka's default partitioner: which partition a key belongs to.
#pragma once

#include <streams/bytes.hpp>

#include <cstdint>

namespace streams {

/// The 32-bit murmur2 hash that Kafka's clients use, bit for bit.
///
/// Source: org.apache.kafka.common.utils.Utils.murmur2.
std::int32_t murmur2(BytesView bytes);

/// The partition, 0 <= p < partitions, that Kafka's default partitioner picks for a key that is not null.
///
/// Precondition: partitions > 0. Source: org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey.
std::int32_t partition_for_key(BytesView key, std::int32_t partitions);

}  // namespace streams
