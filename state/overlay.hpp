// Uncommitted writes of one family in front of the rows that are committed.
#pragma once

#include <state/byte_store.hpp>
#include <state/byte_table.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace streams::state {

/// The committed rows of a family.
class CommittedRows {
 public:
  virtual ~CommittedRows() = default;
  virtual bool get(BytesView key, Bytes& out) const = 0;
  virtual std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) const = 0;
  virtual std::int64_t approximate_entries() const = 0;
};

/// A family as stores see it: what is put is held here until the database takes it at commit.
class Overlay final : public ByteStore {
 public:
  struct Entry {
    Bytes value;
    bool erased = false;
  };
  using Table = ByteTable<Entry>;
  using ErasedRange = std::pair<Bytes, Bytes>;

  explicit Overlay(const CommittedRows& committed) : committed_(committed) {}

  bool get(BytesView key, Bytes& out) const override;
  void put(BytesView key, BytesView value) override;
  void erase(BytesView key) override;
  void erase_range(BytesView from, BytesView to) override;
  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse, RowsIn where) const override;
  std::uint64_t generation() const override { return generation_; }
  void set_beside(std::size_t bytes) override { beside_ = bytes; }
  std::int64_t approximate_entries() const override;

  bool empty() const { return table_.size() == 0 && erased_ranges_.empty(); }
  std::size_t bytes() const { return bytes_; }

  // For commit: the ranges are to be erased first, then the entries applied.
  const std::vector<ErasedRange>& erased_ranges() const { return erased_ranges_; }
  const Table& entries() const { return table_; }
  /// Whether the key lies in an erased range (then its committed row does not count).
  bool range_erased(BytesView key) const;
  /// Forgets all writes: they were committed, or are not wanted. `keep`: memory stays, to be used again.
  void clear(bool keep = true);
  std::size_t beside() const { return beside_; }
  const CommittedRows& committed() const { return committed_; }

 private:
  /// What a row costs beside its bytes: node, bucket, allocator.
  static constexpr std::size_t kRowBytes = 112;

  Entry& entry(BytesView key);

  const CommittedRows& committed_;
  Table table_;
  std::vector<ErasedRange> erased_ranges_;
  std::size_t bytes_ = 0;
  std::size_t beside_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace streams::state
