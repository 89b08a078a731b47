// Cached rows that are grouped in segments of time, and the rows below them, for stores with a cache in front.
#pragma once

#include <state/key_bytes.hpp>
#include <state/record_cache.hpp>
#include <state/segmented_rows.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace streams::state {

/// Which cached rows are looked at for a query, and so become recently used, whether they are wanted or not.
enum class CacheLook {
  kSegments,     ///< in each segment those of the query's keys
  kAllBetween,   ///< all from the query's first row to its last one
  kAllFromStart  ///< all from the first row of the query's first key, however old, to its last one
};

/// The length of a segment of cached rows; rows in front of stores in memory have one for each millisecond.
template <class Spec>
std::int64_t cached_segment_interval(const Spec& spec) {
  return spec.exact_expiry ? 1 : spec.segment_interval();
}

/// The cached rows that a query of segmented_rows.hpp wants, segment by segment. Front of MergedRows. Such a query also
/// says `all_keys()`, and `ends(key)` where no row from that key on is wanted.
///
/// A walk back through a segment goes to the first row of its keys, however old: the rows before the first time are not
/// given, but become recently used, as in Kafka Streams.
template <class Query>
class CachedSegments {
 public:
  CachedSegments(NamedCache& cache, Query query, std::int64_t interval, CacheLook look)
      : cache_(cache),
        puts_(cache.puts()),
        query_(std::move(query)),
        first_(query_.first_time() / interval),
        last_(query_.last_time() / interval) {
    if (query_.all_keys()) {  // Kafka Streams looks at all of the cache then
      walk_at_once({{}, {}, query_.reverse});
    } else if (look != CacheLook::kSegments) {
      walk_at_once(bounds(look));
    }
    settle();
  }

  bool valid() const { return walk_ && walk_->valid(); }
  void next() {
    walk_->next();
    settle();
  }
  BytesView key() const { return walk_->key(); }
  OptionalView value() const { return walk_->value(); }
  bool changed() const { return walk_ && walk_->changed(); }
  void seek_after(BytesView key) {
    walk_->seek_after(key);
    settle();
  }

 private:
  void walk_at_once(KeyBounds bounds) {
    segment_ = query_.reverse ? INT64_MIN : INT64_MAX;  // no segment comes after this walk
    walk_.emplace(cache_, std::move(bounds), puts_);
  }

  KeyBounds bounds(CacheLook look) const {
    KeyBounds out{{}, {}, query_.reverse};
    if (query_.bounded_below()) {
      append_ordered(out.from.emplace(), look == CacheLook::kAllFromStart ? 0 : std::max<std::int64_t>(0, first_));
      if (look == CacheLook::kAllFromStart) {
        query_.append_first_row(*out.from);
      } else {
        query_.append_lower_bound(*out.from);
      }
    }
    if (query_.bounded_above()) {
      append_ordered(out.to.emplace(), last_);
      query_.append_upper_bound(*out.to);
      out.to->push_back('\0');
    }
    return out;
  }

  /// Goes on to a row that is wanted; what is passed over was looked at.
  void settle() {
    for (;;) {
      if (walk_ && walk_->valid()) {
        const auto key = Query::split(walk_->key().substr(kSegmentBytes));
        if (query_.holds(key)) return;
        if (query_.ends(key)) return walk_.reset();
        walk_->next();
      } else if (!open_next_segment()) {
        return;
      }
    }
  }

  /// The next segment that has cached rows; Kafka Streams tries every number in between.
  bool open_next_segment() {
    const auto& rows = cache_.table().ordered();
    Bytes bound;
    if (query_.reverse) {
      if (segment_ == INT64_MIN) return false;
      const bool to_the_end = !segment_ && last_ == INT64_MAX;
      if (!to_the_end) append_ordered(bound, segment_ ? *segment_ : last_ + 1);
      auto at = to_the_end ? rows.end() : rows.lower_bound(BytesView(bound));
      if (at == rows.begin() || read_ordered((*--at)->key) < first_) return false;
      segment_ = read_ordered((*at)->key);
    } else {
      if (segment_ == INT64_MAX) return false;
      append_ordered(bound, segment_ ? *segment_ + 1 : first_);
      const auto at = rows.lower_bound(BytesView(bound));
      if (at == rows.end() || read_ordered((*at)->key) > last_) return false;
      segment_ = read_ordered((*at)->key);
    }
    KeyBounds bounds{Bytes(), Bytes(), query_.reverse};
    append_segment_bounds(*bounds.from, *bounds.to, query_, *segment_, query_.reverse);
    if (bounds.to->empty()) bounds.to.reset();
    walk_.emplace(cache_, std::move(bounds), puts_);
    return true;
  }

  NamedCache& cache_;
  std::uint64_t puts_;
  Query query_;
  std::int64_t first_;
  std::int64_t last_;
  std::optional<std::int64_t> segment_;
  std::optional<CacheWalk> walk_;
};

/// Rows of the store below with the keys that they would have in the cache, looked for again when entries leave the
/// cache for it. `append_key(out, rows)` appends the key of an iterator's row. Back of MergedRows.
template <class Iterator, class AppendKey>
class RowsBelowCache {
 public:
  using Open = std::function<std::unique_ptr<Iterator>()>;

  RowsBelowCache(const NamedCache& cache, Open open, AppendKey append_key, bool reverse)
      : cache_(cache),
        open_(std::move(open)),
        append_key_(append_key),
        reverse_(reverse),
        removals_(cache.removals()),
        rows_(open_()) {
    make_key();
  }
  bool valid() const { return rows_->valid(); }
  void next() {
    rows_->next();
    make_key();
  }
  BytesView key() const { return key_; }
  BytesView value() const { return rows_->value(); }
  bool changed() const { return removals_ != cache_.removals(); }
  void seek_after(BytesView key) {
    removals_ = cache_.removals();
    rows_ = open_();
    make_key();
    while (valid() && (reverse_ ? key_.compare(key) >= 0 : key_.compare(key) <= 0)) next();
  }

 private:
  void make_key() {
    if (!rows_->valid()) return;
    key_.clear();
    append_key_(key_, *rows_);
  }

  const NamedCache& cache_;
  Open open_;
  AppendKey append_key_;
  bool reverse_;
  std::uint64_t removals_;
  std::unique_ptr<Iterator> rows_;
  Bytes key_;
};

}  // namespace streams::state
