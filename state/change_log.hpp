// What a changed row sends to the changelog topic, and what comes back from there.
//
// In a topic: do not change. Values go out without timestamp and headers, which become the record's own. A tombstone
// has the context's timestamp and, where the format keeps headers, the context's headers. Plain values go without
// headers, but for those of stream-stream joins: Kafka Streams 4.3 keeps them in stores with headers, and the changelog
// shows it.
#pragma once

#include <state/stores.hpp>

namespace streams::state {

enum class PlainHeaders { kNone, kContext };

/// Sends the row as it is stored (null: erased) to the changelog, if there is one.
void log_change(const StoreContext& context, ValueFormat format, BytesView key, OptionalView stored,
                PlainHeaders plain_headers = PlainHeaders::kNone);

/// The value as a plain store under a timestamped one keeps it: with timestamp -1 and no headers. Source:
/// KeyValueToTimestampedKeyValueByteStoreAdapter, WindowToTimestampedWindowByteStoreAdapter.
void append_without_timestamp(Bytes& out, ValueFormat format, BytesView stored);

/// The value to store for a changelog record.
void append_restored(Bytes& out, ValueFormat format, BytesView value, Timestamp timestamp, const Headers& headers);

}  // namespace streams::state
