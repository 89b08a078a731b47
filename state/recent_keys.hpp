// Which keys have windows of late: tells of most fetches that they find nothing before they look anywhere.
//
// Invariants:
// 1. Rows are known by the time they start at, in slices as long as a window. Every row that was put and starts after
//    known_after() is in its slice: a key that is in no slice of a span of time from there on has no row there.
// 2. Of each slice the same is known of the rows that may be committed: others are among the uncommitted ones.
// 3. What is known is too much rather than too little: rows that are erased, expired or taken back are still in there.
// 4. A slice is a set of Bloom filters, the next about twice as large as those before. Slices are dropped, the oldest
//    first, before there are too many or they take too much memory.
#pragma once

#include <state/byte_store.hpp>
#include <streams/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace streams::state {

class RecentKeys {
 public:
  /// `known_after`: no row that is there already starts later.
  RecentKeys(std::int64_t window_ms, Timestamp known_after);

  /// A row was put; `generation` is ByteStore::generation(). Gives whether bytes() changed.
  bool add(BytesView key, Timestamp start, std::uint64_t generation);
  /// Where the store may have rows of this key that start in [from, to]; nullopt: nowhere.
  std::optional<RowsIn> find(BytesView key, Timestamp from, Timestamp to, std::uint64_t generation) const;

  Timestamp known_after() const { return known_after_; }
  /// What the filters take in memory.
  std::size_t bytes() const { return bytes_; }

 private:
  using Words = std::vector<std::uint64_t>;
  struct Filter {
    Words all;
    Words committed;
    std::size_t room = 0;  ///< for so many keys more
  };
  struct Slice {
    std::int64_t id = 0;
    std::size_t keys = 0;
    std::vector<Filter> filters;
    bool has_uncommitted = false;
    bool may_have(std::uint64_t hash, Words Filter::*which) const;
  };

  Slice& slice(std::int64_t id);
  void add_filter(Slice& slice);
  void drop_first();
  void take_over(std::uint64_t generation);

  const std::int64_t slice_ms_;
  Timestamp known_after_;
  std::vector<Slice> slices_;  ///< by id
  std::size_t bytes_ = 0;
  std::uint64_t generation_ = 0;  ///< of the last add(): what `committed` is about
};

}  // namespace streams::state
