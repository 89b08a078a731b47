// Small tools for keys made of bytes.
#pragma once

#include <streams/bytes.hpp>

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

/// Big-endian with the sign bit turned over: bytes in the order of the numbers, negative ones too.
inline void append_ordered(Bytes& out, std::int64_t value) {
  streams::detail::append_big_endian(out, static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63));
}
inline std::int64_t read_ordered(BytesView in) {
  return static_cast<std::int64_t>(streams::detail::read_big_endian<std::uint64_t>(in) ^ (std::uint64_t{1} << 63));
}

}  // namespace streams::state
