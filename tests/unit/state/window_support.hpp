// What tests of window stores share: a store whose rows are text, and rows that count what they are asked.
#pragma once

#include "support.hpp"

#include <algorithm>

namespace streams::state {

using Texts = std::vector<std::string>;

struct Windows : Surroundings {
  explicit Windows(const WindowSpec& spec_, ValueFormat format_ = ValueFormat::kPlain) : spec(spec_), format(format_) {
    reopen();
  }
  void reopen() { store = make_window_store(rows(), spec, format, context()); }
  void put(BytesView key, OptionalView value, Timestamp start) { store->put(key, value, start); }
  Texts fetch(BytesView key, Timestamp from, Timestamp to, bool reverse = false) {
    return windows_of(store->fetch(key, from, to, reverse));
  }
  Texts range(OptionalView from, OptionalView to, Timestamp start_from, Timestamp start_to, bool reverse = false) {
    return windows_of(store->fetch_range(from, to, start_from, start_to, reverse));
  }
  Texts all(bool reverse = false) { return windows_of(store->all(reverse)); }
  bool has(BytesView key, Timestamp start) {
    Bytes value;
    return store->get(key, start, value);
  }

  WindowSpec spec;
  ValueFormat format;
  std::unique_ptr<WindowBytes> store;
};

inline Texts reversed(Texts texts) {
  std::reverse(texts.begin(), texts.end());
  return texts;
}

/// Counts what is asked of rows.
class CountedRows final : public ByteStore {
 public:
  explicit CountedRows(ByteStore& rows) : rows_(rows) {}
  bool get(BytesView key, Bytes& out) const override { return ++gets, rows_.get(key, out); }
  void put(BytesView key, BytesView value) override { rows_.put(key, value); }
  void erase(BytesView key) override { ++erases, rows_.erase(key); }
  void erase_range(BytesView from, BytesView to) override { ++erased_ranges, rows_.erase_range(from, to); }
  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse, RowsIn where) const override {
    return ++walks, rows_.range(from, to, reverse, where);
  }
  std::uint64_t generation() const override { return rows_.generation(); }
  void set_beside(std::size_t bytes) override { rows_.set_beside(bytes); }
  std::int64_t approximate_entries() const override { return rows_.approximate_entries(); }

  mutable int gets = 0, walks = 0;
  int erases = 0, erased_ranges = 0;

 private:
  ByteStore& rows_;
};

}  // namespace streams::state
