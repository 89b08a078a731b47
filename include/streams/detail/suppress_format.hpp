// Bytes of suppression buffers: what is known of a record, and a row with the values that it had.
//
// Context: [i64 timestamp][i64 offset][i32 size][topic][i32 partition][i32 headers], then [i32 size][key][i32 size, -1:
// null][value] of each header. Row: [context][prior][old][new], each [i32 size, -1: null][value]; an old value of size
// -2 is the prior one. Source: org.apache.kafka.streams.processor.internals.ProcessorRecordContext,
// org.apache.kafka.streams.state.internals.BufferValue.
#pragma once

#include <streams/bytes.hpp>
#include <streams/record.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace streams::detail {

/// Where a record came from. Whoever makes one sees to it that the topic lives as long.
struct BufferedContext {
  Timestamp timestamp = 0;
  std::int64_t offset = -1;
  std::string_view topic;
  std::int32_t partition = -1;
  Headers headers;
  friend bool operator==(const BufferedContext&, const BufferedContext&) = default;
};

/// A row that is held back: its value before anything was, and the old and new values of its last update.
struct BufferedUpdate {
  OptionalBytes prior, old_value, new_value;
  BufferedContext context;
  friend bool operator==(const BufferedUpdate&, const BufferedUpdate&) = default;
};

/// The size in memory as Kafka Streams estimates it: limits of buffers are in these units.
std::int64_t memory_estimate(const BufferedContext& context);
std::int64_t memory_estimate(const BufferedUpdate& update);

void append_buffered_context(Bytes& out, const BufferedContext& context);
void append_buffered_update(Bytes& out, const BufferedUpdate& update);
/// Both take what they read off the front; the topic is part of the bytes. Throw SerializationError if there are too
/// few.
BufferedContext parse_buffered_context(BytesView& bytes);
BufferedUpdate parse_buffered_update(BytesView& bytes);

/// Names of topics in contexts that were read: they live as long as this.
class KeptTopics {
 public:
  std::string_view kept(std::string_view topic);

 private:
  std::set<std::string, std::less<>> topics_;
};

}  // namespace streams::detail
