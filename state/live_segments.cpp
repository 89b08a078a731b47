// Segments of time.
#include <state/damaged_row.hpp>
#include <state/key_bytes.hpp>
#include <state/live_segments.hpp>

#include <algorithm>
#include <utility>

namespace streams::state {

LiveSegments::LiveSegments(ByteStore& rows, std::int64_t retention_ms, std::int64_t interval_ms, bool exact,
                           const std::string& store)
    : rows_(rows), retention_(retention_ms), interval_(interval_ms), exact_(exact) {
  find(store);
  load();
}

std::optional<Timestamp> LiveSegments::observe(Timestamp time) {
  if (time <= time_) return std::nullopt;
  time_ = time;
  const std::int64_t live = min_live();
  if (ids_.empty() || *ids_.begin() >= live) return std::nullopt;
  Bytes from, to;
  append_ordered(from, *ids_.begin());
  append_ordered(to, live);
  rows_.erase_range(from, to);
  ids_.erase(ids_.begin(), ids_.lower_bound(live));
  return live > 0 ? live * interval_ : (live - 1) * interval_ + 1;  // the segment of zero is twice as long
}

void LiveSegments::find(const std::string& store) {
  Bytes from(1, '\1');
  for (;;) {
    const auto rows = rows_.range(from, std::nullopt);
    if (!rows->valid()) return;
    const BytesView key = rows->key();
    if (key.size() < sizeof(std::int64_t)) throw_damaged_row(store, key, "which is shorter than the id of a segment");
    const std::int64_t segment = read_ordered(key);
    if (segment < of(INT64_MIN) || segment > of(INT64_MAX))
      throw_damaged_row(store, key, "of a segment beyond all time");
    ids_.insert(segment);
    if (segment == INT64_MAX) return;
    from.clear();
    append_ordered(from, segment + 1);
  }
}

void LiveSegments::load() {
  if (!ids_.empty()) {
    opened_to_ = last_time_in(*ids_.rbegin(), interval_);
    time_ = std::max(time_, *ids_.rbegin() * interval_);
  }
  if (!rows_.get(BytesView(), saved_) || saved_.size() != 12) return;
  const Timestamp saved = read_i64(saved_);
  if (!ids_.empty() && of(saved) >= *ids_.rbegin()) opened_to_ = std::min(opened_to_, saved);
  time_ = std::max(time_, saved);
  sequence_ = read_i32(BytesView(saved_).substr(8));
}

void LiveSegments::save() {
  Bytes now;
  append_i64(now, time_);
  append_i32(now, sequence_);
  if (now == saved_) return;
  rows_.put(BytesView(), now);
  saved_ = std::move(now);
}

}  // namespace streams::state
