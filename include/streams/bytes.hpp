// Byte strings and big-endian integers, the vocabulary of everything that is stored or sent.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
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
/// The same, borrowed.
using OptionalView = std::optional<BytesView>;

/// Milliseconds since the Unix epoch. -1 means "unknown" where a function says so.
using Timestamp = std::int64_t;

namespace detail {

/// The number whose bytes in memory are those of `value`, most significant first; its own inverse.
template <class Int>
constexpr Int big_endian(Int value) {
  static_assert(sizeof(Int) == 1 || sizeof(Int) == 2 || sizeof(Int) == 4 || sizeof(Int) == 8);
  if constexpr (sizeof(Int) == 1 || std::endian::native == std::endian::big) {
    return value;
  } else if constexpr (sizeof(Int) == 2) {
    return static_cast<Int>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  } else if constexpr (sizeof(Int) == 4) {
    return static_cast<Int>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  } else {
    return static_cast<Int>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
  }
}

/// A copy of bytes that may be null.
inline OptionalBytes owned(const OptionalView& view) { return view ? OptionalBytes(*view) : std::nullopt; }

template <class Int>
void append_big_endian(Bytes& out, Int value) {
  const Int bytes = big_endian(value);
  out.append(reinterpret_cast<const char*>(&bytes), sizeof(bytes));
}

/// Reads a big-endian integer from the first sizeof(Int) bytes; the caller checked the length.
template <class Int>
Int read_big_endian(BytesView in) {
  Int bytes;
  std::memcpy(&bytes, in.data(), sizeof(bytes));
  return big_endian(bytes);
}

}  // namespace detail
}  // namespace streams
