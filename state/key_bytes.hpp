// Small tools for keys made of bytes.
#pragma once

#include <streams/bytes.hpp>

#include <cstdint>

namespace streams::state {

/// The least key that is greater than the given one.
inline Bytes after_key(BytesView key) {
  Bytes next(key);
  next.push_back('\0');
  return next;
}

/// The least key that is greater than all keys with this prefix; nullopt if there is none.
inline OptionalBytes after_prefix(BytesView prefix) {
  Bytes next(prefix);
  while (!next.empty() && next.back() == '\xff') next.pop_back();
  if (next.empty()) return std::nullopt;
  next.back() = static_cast<char>(static_cast<unsigned char>(next.back()) + 1);
  return next;
}

/// Fixed-size big-endian numbers; every row key has some.
inline void append_i64(Bytes& out, std::int64_t value) { streams::detail::append_big_endian(out, value); }
inline void append_i32(Bytes& out, std::int32_t value) { streams::detail::append_big_endian(out, value); }
/// The caller checked that there are 8 bytes (4 for read_i32).
inline std::int64_t read_i64(BytesView in) { return streams::detail::read_big_endian<std::int64_t>(in); }
inline std::int32_t read_i32(BytesView in) { return streams::detail::read_big_endian<std::int32_t>(in); }

/// With the sign bit turned over: bytes in the order of the numbers, negative ones too.
inline void append_ordered(Bytes& out, std::int64_t value) { append_i64(out, value ^ INT64_MIN); }
inline std::int64_t read_ordered(BytesView in) { return read_i64(in) ^ INT64_MIN; }

}  // namespace streams::state
