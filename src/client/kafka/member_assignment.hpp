// What the group's leader gave a member, as consumers write it.
#pragma once

#include <streams/client.hpp>

#include <optional>
#include <vector>

namespace streams::client::kafka {

/// The partitions of an assignment: [i16 version][topics: [i16 size][name][partitions: [i32]]][user data]. No bytes at
/// all are no partitions. nullopt if it is damaged.
/// Source: org.apache.kafka.clients.consumer.internals.ConsumerProtocol.
std::optional<std::vector<TopicPartition>> partitions_of_assignment(BytesView assignment);

}  // namespace streams::client::kafka
