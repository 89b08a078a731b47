// Byte strings and big-endian integers, the vocabulary of everything that is stored or sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streams {

/// An owned byte string. Not necessarily text.
using Bytes = std::string;
/// Borrowed bytes; whoever hands one out says how long it lives.
using BytesView = std::string_view;
/// Bytes or null: in Kafka absent bytes and empty bytes are different things.
using OptionalBytes = std::optional<Bytes>;
using OptionalView = std::optional<BytesView>;

/// Milliseconds since the Unix epoch. -1 means "unknown" where a function says so.
using Timestamp = std::int64_t;

namespace detail {

template <class Int>
void append_big_endian(Bytes& out, Int value) {
  for (int shift = static_cast<int>(sizeof(Int)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff));
  }
}

/// Reads a big-endian integer from the first sizeof(Int) bytes; the caller checked the length.
template <class Int>
Int read_big_endian(BytesView in) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) value = value << 8 | static_cast<unsigned char>(in[i]);
  return static_cast<Int>(value);
}

}  // namespace detail
}  // namespace streams
