// Locked faces of byte stores.
#include <runtime/task_global_rows.hpp>
#include <streams/errors.hpp>

#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace streams::runtime {
namespace {

using state::ByteIterator;
using state::FlushListener;
using state::KeyValueBytes;
using state::SessionBytes;
using state::SessionIterator;
using state::VersionedBytes;
using state::VersionedRow;
using state::WindowBytes;
using state::WindowIterator;

struct Row {
  Bytes key;
  Timestamp start = 0;
  Timestamp end = 0;
  Bytes value;
};

template <class Iterator>
std::vector<Row> copy_rows(Iterator& from) {
  std::vector<Row> out;
  for (; from.valid(); from.next()) {
    Row row;
    row.key = from.key();
    if constexpr (!std::is_same_v<Iterator, ByteIterator>) row.start = from.start();
    if constexpr (std::is_same_v<Iterator, SessionIterator>) row.end = from.end();
    row.value = from.value();
    out.push_back(std::move(row));
  }
  return out;
}

/// What the iterators over copied rows have in common.
template <class Iterator>
class CopiedBase : public Iterator {
 public:
  explicit CopiedBase(std::vector<Row> rows) : rows_(std::move(rows)) {}
  bool valid() const override { return at_ < rows_.size(); }
  void next() override { ++at_; }
  BytesView key() const override { return row().key; }
  BytesView value() const override { return row().value; }

 protected:
  const Row& row() const { return rows_[at_]; }

 private:
  std::vector<Row> rows_;
  std::size_t at_ = 0;
};

template <class Iterator>
class Copied;
template <>
class Copied<ByteIterator> final : public CopiedBase<ByteIterator> {
 public:
  using CopiedBase::CopiedBase;
};
template <>
class Copied<WindowIterator> final : public CopiedBase<WindowIterator> {
 public:
  using CopiedBase::CopiedBase;
  Timestamp start() const override { return row().start; }
};
template <>
class Copied<SessionIterator> final : public CopiedBase<SessionIterator> {
 public:
  using CopiedBase::CopiedBase;
  Timestamp start() const override { return row().start; }
  Timestamp end() const override { return row().end; }
};

/// What all faces have in common: the rows, and the lock for what is done with them.
template <class Rows>
class Face : public Rows {
 public:
  Face(std::shared_ptr<SharedRows<Rows>> shared, bool writes) : shared_(std::move(shared)), writes_(writes) {}

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    write([&](Rows& rows) { rows.restore(key, value, timestamp, headers); });
  }
  void flush() override {
    if (writes_) write([](Rows& rows) { rows.flush(); });
  }

 protected:
  template <class Use>
  auto write(Use use) {
    if (!writes_) {
      throw InvalidStateStore("Global stores are read only: they change by what is written to their topics.");
    }
    const std::unique_lock lock(shared_->mutex);
    return use(*shared_->rows);
  }
  template <class Use>
  auto read(Use use) const {
    if (shared_->exclusive_reads) {
      const std::unique_lock lock(shared_->mutex);
      return use(*shared_->rows);
    }
    if (writes_) return use(*shared_->rows);  // nobody else writes
    const std::shared_lock lock(shared_->mutex);
    return use(*shared_->rows);
  }
  /// Runs over rows: copies of them, but for the one who writes. Rows in memory are put in order by the first walk, so
  /// only one may begin at a time.
  template <class Iterator, class Open>
  std::unique_ptr<Iterator> walk(Open open) const {
    const std::unique_lock lock(shared_->mutex);
    if (writes_) return open(*shared_->rows);
    const std::unique_ptr<Iterator> from = open(*shared_->rows);
    return std::make_unique<Copied<Iterator>>(copy_rows(*from));
  }
  template <class Use>
  auto read_alone(Use use) const {
    const std::unique_lock lock(shared_->mutex);
    return use(*shared_->rows);
  }

 private:
  std::shared_ptr<SharedRows<Rows>> shared_;
  bool writes_;
};

class KeyValueFace final : public Face<KeyValueBytes> {
 public:
  using Face::Face;
  bool get(BytesView key, Bytes& out) override {
    return read([&](KeyValueBytes& rows) { return rows.get(key, out); });
  }
  void put(BytesView key, OptionalView value) override {
    write([&](KeyValueBytes& rows) { rows.put(key, value); });
  }
  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) override {
    return walk<ByteIterator>([&](KeyValueBytes& rows) { return rows.range(from, to, reverse); });
  }
  std::unique_ptr<ByteIterator> prefix(BytesView prefix) override {
    return walk<ByteIterator>([&](KeyValueBytes& rows) { return rows.prefix(prefix); });
  }
  std::int64_t approximate_entries() const override {
    return read([](KeyValueBytes& rows) { return rows.approximate_entries(); });
  }
  bool set_flush_listener(FlushListener listener, bool send_old_values) override {
    return write([&](KeyValueBytes& rows) { return rows.set_flush_listener(std::move(listener), send_old_values); });
  }
};

class WindowFace final : public Face<WindowBytes> {
 public:
  using Face::Face;
  void put(BytesView key, OptionalView value, Timestamp start) override {
    write([&](WindowBytes& rows) { rows.put(key, value, start); });
  }
  bool get(BytesView key, Timestamp start, Bytes& out) override {
    return read([&](WindowBytes& rows) { return rows.get(key, start, out); });
  }
  std::unique_ptr<WindowIterator> fetch(BytesView key, Timestamp from, Timestamp to, bool reverse) override {
    return walk<WindowIterator>([&](WindowBytes& rows) { return rows.fetch(key, from, to, reverse); });
  }
  std::unique_ptr<WindowIterator> fetch_range(OptionalView key_from, OptionalView key_to, Timestamp from, Timestamp to,
                                              bool reverse) override {
    return walk<WindowIterator>(
        [&](WindowBytes& rows) { return rows.fetch_range(key_from, key_to, from, to, reverse); });
  }
  std::unique_ptr<WindowIterator> all(bool reverse) override {
    return walk<WindowIterator>([&](WindowBytes& rows) { return rows.all(reverse); });
  }
};

class SessionFace final : public Face<SessionBytes> {
 public:
  using Face::Face;
  void put(BytesView key, Timestamp start, Timestamp end, OptionalView value) override {
    write([&](SessionBytes& rows) { rows.put(key, start, end, value); });
  }
  void remove(BytesView key, Timestamp start, Timestamp end) override {
    write([&](SessionBytes& rows) { rows.remove(key, start, end); });
  }
  bool get(BytesView key, Timestamp start, Timestamp end, Bytes& out) override {
    return read([&](SessionBytes& rows) { return rows.get(key, start, end, out); });
  }
  std::unique_ptr<SessionIterator> find(BytesView key, Timestamp earliest_end, Timestamp latest_start,
                                        bool reverse) override {
    return walk<SessionIterator>(
        [&](SessionBytes& rows) { return rows.find(key, earliest_end, latest_start, reverse); });
  }
  std::unique_ptr<SessionIterator> find_range(OptionalView key_from, OptionalView key_to, Timestamp earliest_end,
                                              Timestamp latest_start, bool reverse) override {
    return walk<SessionIterator>(
        [&](SessionBytes& rows) { return rows.find_range(key_from, key_to, earliest_end, latest_start, reverse); });
  }
  std::unique_ptr<SessionIterator> find_ended(Timestamp earliest_end, Timestamp latest_end) override {
    return walk<SessionIterator>([&](SessionBytes& rows) { return rows.find_ended(earliest_end, latest_end); });
  }
};

class VersionedFace final : public Face<VersionedBytes> {
 public:
  using Face::Face;
  Timestamp put(BytesView key, OptionalView value, Timestamp timestamp) override {
    return write([&](VersionedBytes& rows) { return rows.put(key, value, timestamp); });
  }
  bool remove(BytesView key, Timestamp timestamp, VersionedRow& out) override {
    return write([&](VersionedBytes& rows) { return rows.remove(key, timestamp, out); });
  }
  bool get(BytesView key, VersionedRow& out) override {
    return read([&](VersionedBytes& rows) { return rows.get(key, out); });
  }
  bool get(BytesView key, Timestamp as_of, VersionedRow& out) override {
    return read([&](VersionedBytes& rows) { return rows.get(key, as_of, out); });
  }
  std::vector<VersionedRow> history(BytesView key, Timestamp from, Timestamp to, bool descending) override {
    return read_alone([&](VersionedBytes& rows) { return rows.history(key, from, to, descending); });
  }
};

}  // namespace

std::shared_mutex* GlobalRows::mutex() const {
  if (key_values) return &key_values->mutex;
  if (windows) return &windows->mutex;
  if (sessions) return &sessions->mutex;
  return versions ? &versions->mutex : nullptr;
}

std::unique_ptr<KeyValueBytes> writing_face(std::shared_ptr<SharedRows<KeyValueBytes>> shared) {
  return std::make_unique<KeyValueFace>(std::move(shared), true);
}
std::unique_ptr<WindowBytes> writing_face(std::shared_ptr<SharedRows<WindowBytes>> shared) {
  return std::make_unique<WindowFace>(std::move(shared), true);
}
std::unique_ptr<SessionBytes> writing_face(std::shared_ptr<SharedRows<SessionBytes>> shared) {
  return std::make_unique<SessionFace>(std::move(shared), true);
}
std::unique_ptr<VersionedBytes> writing_face(std::shared_ptr<SharedRows<VersionedBytes>> shared) {
  return std::make_unique<VersionedFace>(std::move(shared), true);
}
std::unique_ptr<KeyValueBytes> reading_face(std::shared_ptr<SharedRows<KeyValueBytes>> shared) {
  return std::make_unique<KeyValueFace>(std::move(shared), false);
}
std::unique_ptr<WindowBytes> reading_face(std::shared_ptr<SharedRows<WindowBytes>> shared) {
  return std::make_unique<WindowFace>(std::move(shared), false);
}
std::unique_ptr<SessionBytes> reading_face(std::shared_ptr<SharedRows<SessionBytes>> shared) {
  return std::make_unique<SessionFace>(std::move(shared), false);
}
std::unique_ptr<VersionedBytes> reading_face(std::shared_ptr<SharedRows<VersionedBytes>> shared) {
  return std::make_unique<VersionedFace>(std::move(shared), false);
}

}  // namespace streams::runtime
