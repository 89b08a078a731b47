// What is said about rows that a store cannot have written.
#pragma once

#include <streams/bytes.hpp>

#include <string>
#include <string_view>

namespace streams::state {

/// Bytes for messages: "0a1b (2 bytes)"; only the first ones of many.
std::string text_of_bytes(BytesView bytes);

/// Throws StateError: the row of that key in that store is none of the store's own, and why.
[[noreturn]] void throw_damaged_row(const std::string& store, BytesView row_key, std::string_view why);

/// Throws SerializationError: a changelog of that store has a record whose key is too short for `what` it ends with.
[[noreturn]] void throw_short_changelog_key(const std::string& store, BytesView key, std::string_view what);

}  // namespace streams::state
