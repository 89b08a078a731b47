// Sessions that were collected and sorted, where rows are not stored in the order in which they are wanted.
#pragma once

#include <streams/bytes.hpp>
#include <streams/detail/byte_stores.hpp>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace streams::state {

enum class SessionOrder {
  kEndStartKey,        ///< of Kafka Streams' time-ordered persistent store
  kEndKeyLatestStart,  ///< of its in-memory store: among sessions of one end and key the latest start comes first
};

class SortedSessions final : public SessionIterator {
 public:
  void add(BytesView key, Timestamp start, Timestamp end, BytesView value) {
    rows_.push_back({Bytes(key), start, end, Bytes(value)});
  }
  void sort(SessionOrder order, bool reverse) {
    std::sort(rows_.begin(), rows_.end(), [order](const Row& a, const Row& b) {
      if (order == SessionOrder::kEndStartKey) return std::tie(a.end, a.start, a.key) < std::tie(b.end, b.start, b.key);
      return std::tie(a.end, a.key, b.start) < std::tie(b.end, b.key, a.start);
    });
    if (reverse) std::reverse(rows_.begin(), rows_.end());
  }

  bool valid() const override { return at_ < rows_.size(); }
  void next() override { ++at_; }
  BytesView key() const override { return rows_[at_].key; }
  Timestamp start() const override { return rows_[at_].start; }
  Timestamp end() const override { return rows_[at_].end; }
  BytesView value() const override { return rows_[at_].value; }

 private:
  struct Row {
    Bytes key;
    Timestamp start;
    Timestamp end;
    Bytes value;
  };
  std::vector<Row> rows_;
  std::size_t at_ = 0;
};

}  // namespace streams::state
