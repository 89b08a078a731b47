// The metadata string of committed offsets: partition time and what processors keep across restarts.
//
// Kept by brokers: do not change. base64 of [byte 2][i64 partition time][processor metadata]; processor metadata is
// nothing at all, or [i32 n]{[i32 length][utf-8 key][i64 value]}. Version 1 has no processor metadata. Source:
// org.apache.kafka.streams.processor.internals.TopicPartitionMetadata, ProcessorMetadata.
#pragma once

#include <streams/bytes.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace streams::runtime {

using ProcessorMetadata = std::map<std::string, std::int64_t>;

struct CommitMetadata {
  Timestamp partition_time = -1;
  ProcessorMetadata processors;
  friend bool operator==(const CommitMetadata&, const CommitMetadata&) = default;
};

std::string encode_commit_metadata(Timestamp partition_time, const ProcessorMetadata& processors);
/// What cannot be read (other versions, other programs' texts) gives the default.
CommitMetadata decode_commit_metadata(std::string_view text);
/// Takes over missing keys and higher values.
void merge_metadata(ProcessorMetadata& into, const ProcessorMetadata& from);

}  // namespace streams::runtime
