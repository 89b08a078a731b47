// A list of byte strings as one value, as Kafka's list serde writes it: [1][i32 count] and [i32 size][bytes] for each.
#pragma once

#include <streams/bytes.hpp>

#include <vector>

namespace streams::detail {

/// Appends one item to a list; an empty `list` becomes a list of one.
void append_list_item(Bytes& list, BytesView item);
/// Views into `list`. Throws SerializationError if the bytes are no list.
std::vector<BytesView> parse_list(BytesView list);

}  // namespace streams::detail
