// Bounds of walks over window rows.
#include <state/window_rows.hpp>

#include <algorithm>

namespace streams::state {

void append_lower_bound(Bytes& out, const WindowQuery& query) {
  if (query.one_key()) {
    append_window_key(out, *query.key_from, std::max<Timestamp>(0, query.from), 0);
  } else if (query.key_from) {
    append_window_key(out, *query.key_from, 0, 0);
  }
}

void append_upper_bound(Bytes& out, const WindowQuery& query) {
  const BytesView key = *query.key_to;
  std::size_t size = key.size();
  const auto first = static_cast<unsigned char>(static_cast<std::uint64_t>(query.to) >> 56);
  if (!query.one_key() && first != 0) {
    // A shorter key may be followed by a time that sorts behind the rest of this key: cut where that can happen.
    const auto at = std::find_if(key.begin() + std::min<std::ptrdiff_t>(1, key.end() - key.begin()), key.end(),
                                 [&](char byte) { return static_cast<unsigned char>(byte) < first; });
    size = static_cast<std::size_t>(at - key.begin());
  }
  append_window_key(out, key.substr(0, size), query.to, kMaxSequence);
}

}  // namespace streams::state
