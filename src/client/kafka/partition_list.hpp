// Between librdkafka's partition lists and ours.
#pragma once

#include <streams/client.hpp>

#include "client/kafka/rdkafka_ptr.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

namespace streams::client::kafka {

inline PartitionListPtr new_list(std::size_t size) {
  return PartitionListPtr(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

inline rd_kafka_topic_partition_t* add(PartitionListPtr& list, const TopicPartition& partition) {
  return rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
}

inline PartitionListPtr to_list(const std::vector<OffsetAndMetadata>& offsets) {
  PartitionListPtr list = new_list(offsets.size());
  for (const OffsetAndMetadata& offset : offsets) {
    rd_kafka_topic_partition_t* entry = add(list, offset.partition);
    entry->offset = offset.offset;
    if (!offset.metadata.empty()) {
      entry->metadata = std::malloc(offset.metadata.size());  // the list frees it
      std::memcpy(entry->metadata, offset.metadata.data(), offset.metadata.size());
      entry->metadata_size = offset.metadata.size();
    }
  }
  return list;
}

inline PartitionListPtr to_list(const std::vector<TopicPartition>& partitions) {
  PartitionListPtr list = new_list(partitions.size());
  for (const TopicPartition& partition : partitions) add(list, partition);
  return list;
}

inline std::span<const rd_kafka_topic_partition_t> entries(const rd_kafka_topic_partition_list_t* list) {
  return {list->elems, static_cast<std::size_t>(list->cnt)};
}

inline std::vector<TopicPartition> names(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> result;
  for (const rd_kafka_topic_partition_t& entry : entries(list)) result.push_back({entry.topic, entry.partition});
  return result;
}

}  // namespace streams::client::kafka
