// Rows of one column family.
#pragma once

#include <state/overlay.hpp>

#include <rocksdb/db.h>

#include <memory>

namespace streams::state {

inline rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }
inline BytesView view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

/// A RocksDB iterator with the bounds that it points to. A reseek may come with other bounds.
struct RocksWalk {
  RocksWalk(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, OptionalView from, OptionalView to);
  void seek(OptionalView from, OptionalView to, bool reverse);

  Bytes from, to;
  rocksdb::Slice from_slice, to_slice;
  std::unique_ptr<rocksdb::Iterator> rows;
};

/// Making an iterator costs more than seeking with it, and a join fetches with every record: one iterator is kept
/// between commits. (It would not see what a commit writes, and keeps old files from being deleted.)
class RocksRows final : public CommittedRows {
 public:
  RocksRows(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) : db_(db), family_(family) {}

  bool get(BytesView key, Bytes& out) const override;
  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) const override;
  std::int64_t approximate_entries() const override;

  rocksdb::ColumnFamilyHandle* handle() const { return family_; }
  /// Before rows are written.
  void drop_idle_walk();

 private:
  friend class RocksIterator;

  rocksdb::DB& db_;
  rocksdb::ColumnFamilyHandle* family_;
  mutable std::unique_ptr<RocksWalk> idle_;  ///< with both bounds
  std::uint64_t writes_ = 0;
};

}  // namespace streams::state
