// What went through a topic, and how large a record is for that.
#pragma once

#include <base/sensor.hpp>
#include <streams/record.hpp>

#include <cstddef>

namespace streams::runtime {

/// Written by the thread of the task that reads the topic, or writes it.
struct TopicTraffic {
  metrics::Counter records, bytes;

  /// `size` is that of key, value and the topic's name. A record's size is as Kafka Streams counts it
  /// (ClientUtils.recordSizeInBytes): also its headers, and 20 bytes for timestamp, offset and partition.
  void add(std::size_t size, const Headers& headers) {
    size += 20;
    for (const Header& header : headers) size += header.key.size() + (header.value ? header.value->size() : 0);
    records.add();
    bytes.add(size);
  }
};

}  // namespace streams::runtime
