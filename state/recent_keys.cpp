// Slices of Bloom filters. A key has its bits in one cache line.
#include <state/live_segments.hpp>
#include <state/recent_keys.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace streams::state {
namespace {

constexpr std::int64_t kLeastSliceMs = 1000;
constexpr std::size_t kMaxSlices = 8;
constexpr std::size_t kMaxBytes = 256 * 1024;
constexpr std::size_t kLeastKeys = 512;
constexpr std::size_t kBitsPerKey = 10;
constexpr std::size_t kWordsPerLine = 8;
constexpr std::size_t kBitsPerLine = 64 * kWordsPerLine;
constexpr int kProbes = 6;

/// Calls use(word, bits) for each bit of the hash until it gives false.
template <class Words, class Use>
bool for_each_bit(Words& words, std::uint64_t hash, Use&& use) {
  const std::size_t lines = words.size() / kWordsPerLine;
  const std::size_t line = static_cast<std::size_t>((hash >> 32) * lines >> 32);
  std::uint64_t bits = hash * 0x9e3779b97f4a7c15U;
  for (int probe = 0; probe < kProbes; ++probe, bits >>= 9) {
    const std::size_t bit = bits % kBitsPerLine;
    if (!use(words[line * kWordsPerLine + bit / 64], std::uint64_t{1} << bit % 64)) return false;
  }
  return true;
}

}  // namespace

bool RecentKeys::Slice::may_have(std::uint64_t hash, Words Filter::*which) const {
  return std::any_of(filters.rbegin(), filters.rend(), [&](const Filter& filter) {
    return for_each_bit(filter.*which, hash, [](std::uint64_t word, std::uint64_t bit) { return (word & bit) != 0; });
  });
}

RecentKeys::RecentKeys(std::int64_t window_ms, Timestamp known_after)
    : slice_ms_(std::max(window_ms, kLeastSliceMs)), known_after_(known_after) {}

bool RecentKeys::add(BytesView key, Timestamp start, std::uint64_t generation) {
  if (start <= known_after_) return false;
  take_over(generation);
  const std::uint64_t hash = std::hash<BytesView>()(key);
  Slice& to = slice(start / slice_ms_);
  if (to.may_have(hash, &Filter::all)) return false;
  const std::size_t before = bytes_;
  if (to.filters.empty() || to.filters.back().room == 0) add_filter(to);
  for_each_bit(to.filters.back().all, hash, [](std::uint64_t& word, std::uint64_t bit) {
    word |= bit;
    return true;
  });
  to.has_uncommitted = true;
  --to.filters.back().room;
  ++to.keys;
  while (slices_.size() > kMaxSlices || bytes_ > kMaxBytes) drop_first();
  return bytes_ != before;
}

std::optional<RowsIn> RecentKeys::find(BytesView key, Timestamp from, Timestamp to, std::uint64_t generation) const {
  if (from <= known_after_) return RowsIn::kAll;
  const auto committed = generation == generation_ ? &Filter::committed : &Filter::all;
  const std::int64_t first = from / slice_ms_;
  const std::int64_t last = to / slice_ms_;
  const std::uint64_t hash = std::hash<BytesView>()(key);
  std::optional<RowsIn> found;
  for (auto slice = slices_.rbegin(); slice != slices_.rend() && slice->id >= first; ++slice) {
    if (slice->id > last || !slice->may_have(hash, &Filter::all)) continue;
    if (slice->may_have(hash, committed)) return RowsIn::kAll;
    found = RowsIn::kUncommitted;
  }
  return found;
}

void RecentKeys::take_over(std::uint64_t generation) {
  if (generation == generation_) return;
  generation_ = generation;
  for (Slice& slice : slices_) {
    if (!std::exchange(slice.has_uncommitted, false)) continue;
    for (Filter& filter : slice.filters) filter.committed = filter.all;
  }
}

RecentKeys::Slice& RecentKeys::slice(std::int64_t id) {
  auto at = slices_.end();
  while (at != slices_.begin() && std::prev(at)->id >= id) --at;
  if (at == slices_.end() || at->id != id) at = slices_.insert(at, Slice{id, 0, {}, false});
  return *at;
}

/// The first one of a slice has room for as many keys as there were of late.
void RecentKeys::add_filter(Slice& slice) {
  std::size_t room = 2 * slice.keys;
  if (slice.filters.empty()) {
    for (const Slice& other : slices_) room = std::max(room, other.keys);
  }
  room = std::max(room, kLeastKeys);
  const std::size_t lines = (room * kBitsPerKey + kBitsPerLine - 1) / kBitsPerLine;
  slice.filters.push_back({Words(lines * kWordsPerLine), Words(lines * kWordsPerLine), room});
  bytes_ += lines * kBitsPerLine / 8 * 2;
}

void RecentKeys::drop_first() {
  const Slice& slice = slices_.front();
  known_after_ = last_time_in(slice.id, slice_ms_);
  for (const Filter& filter : slice.filters) bytes_ -= 2 * filter.all.size() * sizeof(std::uint64_t);
  slices_.erase(slices_.begin());
}

}  // namespace streams::state
