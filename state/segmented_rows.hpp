// Walks over rows that are grouped in segments of time.
//
// A query type says what is wanted: `Key` with `split(bytes)` for the key behind the segment id, which takes at least
// `kSuffixBytes` (`kTooShort` says so), `holds(key)`, the times `first_time()` and `last_time()` between which segments
// are searched, `append_lower_bound` / `append_upper_bound` for the keys within a segment (may be wider than what is
// wanted), `append_first_row` for the lower bound whatever the time, `bounded_above()`, and `reverse`.
#pragma once

#include <state/byte_store.hpp>
#include <state/damaged_row.hpp>
#include <state/key_bytes.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace streams::state {

inline constexpr std::size_t kSegmentBytes = 8;

/// Appends the bounds of a query's walk through one segment: from <= key < to, where an empty `to` is an open end.
/// `of_all_times`: the lower one does not mind the query's first time.
template <class Query>
void append_segment_bounds(Bytes& from, Bytes& to, const Query& query, std::int64_t segment,
                           bool of_all_times = false) {
  append_ordered(from, segment);
  if (of_all_times) {
    query.append_first_row(from);
  } else {
    query.append_lower_bound(from);
  }
  if (query.bounded_above()) {
    append_ordered(to, segment);
    query.append_upper_bound(to);
    to.push_back('\0');
  } else if (segment < INT64_MAX) {
    append_ordered(to, segment + 1);
  }
}

/// Rows of a store, segment by segment, within a segment in the order of their keys.
template <class Query>
class SegmentedRows {
 public:
  using Key = typename Query::Key;

  /// `store`: its name, for messages; outlives this. `where` holds as long as nothing is committed.
  SegmentedRows(const ByteStore& rows, const std::set<std::int64_t>& segments, std::int64_t interval, Query query,
                const std::string& store, RowsIn where = RowsIn::kAll)
      : rows_(rows),
        store_(store),
        where_(where),
        generation_(rows.generation()),
        segments_(segments),
        query_(std::move(query)),
        first_(query_.first_time() / interval),
        last_(query_.last_time() / interval) {
    settle();
  }

  bool valid() const { return walk_ != nullptr; }
  void next() {
    walk_->next();
    settle();
  }
  const Key& key() const { return current_; }
  BytesView value() const { return walk_->value(); }

 private:
  void settle() {
    for (;;) {
      if (walk_ && walk_->valid()) {
        const BytesView row_key = walk_->key();
        if (row_key.size() < kSegmentBytes + Query::kSuffixBytes) throw_damaged_row(store_, row_key, Query::kTooShort);
        current_ = Query::split(row_key.substr(kSegmentBytes));
        if (query_.holds(current_)) return;
        walk_->next();
      } else if (!open_next_segment()) {
        walk_ = nullptr;
        return;
      }
    }
  }

  bool open_next_segment() {
    if (query_.reverse) {
      auto at = segment_ ? segments_.lower_bound(*segment_) : segments_.upper_bound(last_);
      if (at == segments_.begin() || *--at < first_) return false;
      segment_ = *at;
    } else {
      const auto at = segment_ ? segments_.upper_bound(*segment_) : segments_.lower_bound(first_);
      if (at == segments_.end() || *at > last_) return false;
      segment_ = *at;
    }
    Bytes from, to;
    append_segment_bounds(from, to, query_, *segment_);
    if (rows_.generation() != generation_) where_ = RowsIn::kAll;
    walk_.reset();  // what it holds can be used again
    walk_ = rows_.range(from, to.empty() ? OptionalView() : OptionalView(to), query_.reverse, where_);
    return true;
  }

  const ByteStore& rows_;
  const std::string& store_;
  RowsIn where_;
  std::uint64_t generation_;
  const std::set<std::int64_t>& segments_;
  Query query_;
  std::int64_t first_;
  std::int64_t last_;
  std::optional<std::int64_t> segment_;
  std::unique_ptr<ByteIterator> walk_;
  Key current_{};
};

}  // namespace streams::state
