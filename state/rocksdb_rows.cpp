// Reading rows of a column family.
#include <state/rocksdb_rows.hpp>
#include <streams/errors.hpp>

#include <utility>

namespace streams::state {

RocksWalk::RocksWalk(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, OptionalView lower, OptionalView upper) {
  rocksdb::ReadOptions options;
  if (lower) options.iterate_lower_bound = &from_slice;
  if (upper) options.iterate_upper_bound = &to_slice;
  from.assign(lower.value_or(BytesView()));
  to.assign(upper.value_or(BytesView()));
  from_slice = from;
  to_slice = to;
  rows.reset(db.NewIterator(options, family));
}

void RocksWalk::seek(OptionalView lower, OptionalView upper, bool reverse) {
  from.assign(lower.value_or(BytesView()));
  to.assign(upper.value_or(BytesView()));
  from_slice = from;
  to_slice = to;
  if (reverse) {
    rows->SeekToLast();
  } else {
    rows->SeekToFirst();
  }
}

class RocksIterator final : public ByteIterator {
 public:
  RocksIterator(const RocksRows& owner, OptionalView from, OptionalView to, bool reverse)
      : owner_(owner), bounded_(from && to), reverse_(reverse), writes_(owner.writes_) {
    if (bounded_) walk_ = std::exchange(owner.idle_, nullptr);
    if (!walk_) walk_ = std::make_unique<RocksWalk>(owner.db_, owner.family_, from, to);
    walk_->seek(from, to, reverse);
    check();
  }
  ~RocksIterator() override {
    if (bounded_ && !owner_.idle_ && writes_ == owner_.writes_) owner_.idle_ = std::move(walk_);
  }
  bool valid() const override { return walk_->rows->Valid(); }
  void next() override {
    if (reverse_) {
      walk_->rows->Prev();
    } else {
      walk_->rows->Next();
    }
    check();
  }
  BytesView key() const override { return view(walk_->rows->key()); }
  BytesView value() const override { return view(walk_->rows->value()); }

 private:
  void check() const {
    if (walk_->rows->Valid() || walk_->rows->status().ok()) return;
    throw StateError("Cannot walk over state in '" + owner_.db_.GetName() + "': " + walk_->rows->status().ToString());
  }

  const RocksRows& owner_;
  const bool bounded_;
  const bool reverse_;
  const std::uint64_t writes_;
  std::unique_ptr<RocksWalk> walk_;
};

bool RocksRows::get(BytesView key, Bytes& out) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db_.Get(rocksdb::ReadOptions(), family_, slice(key), &value);
  if (status.IsNotFound()) return false;
  if (!status.ok()) throw StateError("Cannot read state in '" + db_.GetName() + "': " + status.ToString());
  out.assign(value.data(), value.size());
  return true;
}

std::unique_ptr<ByteIterator> RocksRows::range(OptionalView from, OptionalView to, bool reverse) const {
  return std::make_unique<RocksIterator>(*this, from, to, reverse);
}

std::int64_t RocksRows::approximate_entries() const {
  std::uint64_t count = 0;
  db_.GetIntProperty(family_, rocksdb::DB::Properties::kEstimateNumKeys, &count);
  return static_cast<std::int64_t>(count);
}

void RocksRows::drop_idle_walk() {
  idle_.reset();
  ++writes_;
}

}  // namespace streams::state
