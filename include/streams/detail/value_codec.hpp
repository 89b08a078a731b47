// How values of stores carry their timestamp and headers. Stored on disk: do not change.
//
// timestamped: [i64 timestamp][value]. With headers: [varint size][headers][i64 timestamp][value], where headers are
// [varint count]{[varint length][name][varint length, -1 null][value]} or nothing at all, and varints are zigzag.
#pragma once

#include <streams/bytes.hpp>
#include <streams/detail/byte_stores.hpp>
#include <streams/record.hpp>

namespace streams::detail {

/// Appends the headers as stores keep them, without their size. No headers: no bytes.
void append_headers(Bytes& out, const Headers& headers);
/// The reverse; throws SerializationError where the bytes are no headers.
Headers parse_headers(BytesView bytes);

/// Appends what stands in front of the value in this format.
void append_value_prefix(Bytes& out, state::ValueFormat format, Timestamp timestamp, const Headers& headers);

/// A stored value taken apart; `value` is a part of the bytes given.
struct StoredValue {
  BytesView value;
  Timestamp timestamp = -1;
  BytesView headers;  ///< for parse_headers
};
StoredValue split_value(BytesView bytes, state::ValueFormat format);

/// Zigzag varints of at most 32 bits (Kafka's ByteUtils).
void append_varint(Bytes& out, std::int32_t value);
std::int32_t read_varint(BytesView& in);

}  // namespace streams::detail
