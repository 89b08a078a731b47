// Bounds of walks over window rows.
#include <state/window_rows.hpp>

#include <algorithm>

namespace streams::state {

BytesView upper_bound_of_keys(BytesView key, unsigned char first) {
  if (first == 0 || key.empty()) return key;
  const auto cut =
      std::find_if(key.begin() + 1, key.end(), [&](char byte) { return static_cast<unsigned char>(byte) < first; });
  return key.substr(0, static_cast<std::size_t>(cut - key.begin()));
}

void WindowQuery::append_lower_bound(Bytes& out) const {
  if (one_key()) {
    append_window_key(out, *key_from, std::max<Timestamp>(0, from), 0);
  } else {
    append_first_row(out);
  }
}

void WindowQuery::append_upper_bound(Bytes& out) const {
  const auto first = static_cast<unsigned char>(static_cast<std::uint64_t>(to) >> 56);
  append_window_key(out, one_key() ? BytesView(*key_to) : upper_bound_of_keys(*key_to, first), to, kMaxSequence);
}

}  // namespace streams::state
