// Divergence: whether a copy still holds what its log says, in one number; and where it does not.
#pragma once

#include "topic_io.hpp"

#include <streams/serde.hpp>
#include <streams/state_store.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace operations {

/// Rows in one number, whatever their order: of two copies these are equal if all rows are, and hardly otherwise.
/// Digests of partitions add up to that of the whole, so that instances need not send rows to each other.
struct Digest {
  std::int64_t rows = 0;
  std::uint64_t sum = 0;  ///< of a hash of each row

  void add(streams::BytesView key, streams::BytesView value);
  Digest& operator+=(const Digest& other) {
    rows += other.rows;
    sum += other.sum;
    return *this;
  }
  friend bool operator==(const Digest&, const Digest&) = default;
};
Digest digest(const Rows& rows);

/// What a view holds, serialised as in its topic. Of a running application: `view` is what KafkaStreams::store() gives.
template <class K, class V>
Rows rows_of(const streams::ReadOnlyKeyValueStore<K, V>& view) {
  Rows rows;
  for (const auto& [key, value] : view.all()) {
    streams::Bytes key_bytes, value_bytes;
    streams::serde_or_default<K>()->serialize("", key, key_bytes);
    streams::serde_or_default<V>()->serialize("", value, value_bytes);
    rows.emplace(std::move(key_bytes), std::move(value_bytes));
  }
  return rows;
}

/// Keys whose row is missing, too many or different, in order.
std::vector<streams::Bytes> differences(const Rows& log, const Rows& copy);

}  // namespace operations
