// Locked faces of byte stores.
#include <runtime/task_global_rows.hpp>

#include <streams/errors.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace streams::runtime {
namespace {

using state::ByteIterator;
using state::KeyValueBytes;
using state::WindowBytes;
using state::WindowIterator;

[[noreturn]] void throw_read_only() {
  throw InvalidStateStore("Global stores are read only: they change by what is written to their topics.");
}

/// Calls `read` under the lock that reading needs.
template <class Rows, class Read>
auto locked(SharedRows<Rows>& shared, Read read) {
  if (shared.exclusive_reads) {
    const std::unique_lock lock(shared.mutex);
    return read(*shared.rows);
  }
  const std::shared_lock lock(shared.mutex);
  return read(*shared.rows);
}

struct Row {
  Bytes key;
  Timestamp start;
  Bytes value;
};

/// Copies of rows: nothing in it changes any more.
template <class Iterator>
class CopiedRows final : public Iterator {
 public:
  explicit CopiedRows(Iterator& from) {
    for (; from.valid(); from.next()) {
      Row row{Bytes(from.key()), 0, Bytes(from.value())};
      if constexpr (std::is_same_v<Iterator, WindowIterator>) row.start = from.start();
      rows_.push_back(std::move(row));
    }
  }
  bool valid() const override { return at_ < rows_.size(); }
  void next() override { ++at_; }
  BytesView key() const override { return rows_[at_].key; }
  BytesView value() const override { return rows_[at_].value; }
  Timestamp start() const { return rows_[at_].start; }

 private:
  std::vector<Row> rows_;
  std::size_t at_ = 0;
};

class KeyValueFace final : public KeyValueBytes {
 public:
  KeyValueFace(std::shared_ptr<SharedRows<KeyValueBytes>> shared, bool writes)
      : shared_(std::move(shared)), writes_(writes) {}

  bool get(BytesView key, Bytes& out) override {
    if (writes_ && !shared_->exclusive_reads) return shared_->rows->get(key, out);
    return locked(*shared_, [&](KeyValueBytes& rows) { return rows.get(key, out); });
  }
  void put(BytesView key, OptionalView value) override {
    check();
    const std::unique_lock lock(shared_->mutex);
    shared_->rows->put(key, value);
  }
  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) override {
    return read([&](KeyValueBytes& rows) { return rows.range(from, to, reverse); });
  }
  std::unique_ptr<ByteIterator> prefix(BytesView prefix) override {
    return read([&](KeyValueBytes& rows) { return rows.prefix(prefix); });
  }
  std::int64_t approximate_entries() const override {
    return locked(*shared_, [](KeyValueBytes& rows) { return rows.approximate_entries(); });
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    check();
    const std::unique_lock lock(shared_->mutex);
    shared_->rows->restore(key, value, timestamp, headers);
  }
  void flush() override {
    if (!writes_) return;
    const std::unique_lock lock(shared_->mutex);
    shared_->rows->flush();
  }

 private:
  void check() const {
    if (!writes_) throw_read_only();
  }
  template <class Open>
  std::unique_ptr<ByteIterator> read(Open open) {
    if (writes_) return open(*shared_->rows);
    return locked(*shared_, [&](KeyValueBytes& rows) -> std::unique_ptr<ByteIterator> {
      const auto opened = open(rows);
      return std::make_unique<CopiedRows<ByteIterator>>(*opened);
    });
  }

  std::shared_ptr<SharedRows<KeyValueBytes>> shared_;
  bool writes_;
};

class WindowFace final : public WindowBytes {
 public:
  WindowFace(std::shared_ptr<SharedRows<WindowBytes>> shared, bool writes)
      : shared_(std::move(shared)), writes_(writes) {}

  void put(BytesView key, OptionalView value, Timestamp start) override {
    check();
    const std::unique_lock lock(shared_->mutex);
    shared_->rows->put(key, value, start);
  }
  bool get(BytesView key, Timestamp start, Bytes& out) override {
    if (writes_) return shared_->rows->get(key, start, out);
    return locked(*shared_, [&](WindowBytes& rows) { return rows.get(key, start, out); });
  }
  std::unique_ptr<WindowIterator> fetch(BytesView key, Timestamp from, Timestamp to, bool reverse) override {
    return read([&](WindowBytes& rows) { return rows.fetch(key, from, to, reverse); });
  }
  std::unique_ptr<WindowIterator> fetch_range(OptionalView key_from, OptionalView key_to, Timestamp from, Timestamp to,
                                              bool reverse) override {
    return read([&](WindowBytes& rows) { return rows.fetch_range(key_from, key_to, from, to, reverse); });
  }
  std::unique_ptr<WindowIterator> all(bool reverse) override {
    return read([&](WindowBytes& rows) { return rows.all(reverse); });
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    check();
    const std::unique_lock lock(shared_->mutex);
    shared_->rows->restore(key, value, timestamp, headers);
  }
  void flush() override {
    if (!writes_) return;
    const std::unique_lock lock(shared_->mutex);
    shared_->rows->flush();
  }

 private:
  void check() const {
    if (!writes_) throw_read_only();
  }
  template <class Open>
  std::unique_ptr<WindowIterator> read(Open open) {
    if (writes_) return open(*shared_->rows);
    return locked(*shared_, [&](WindowBytes& rows) -> std::unique_ptr<WindowIterator> {
      const auto opened = open(rows);
      return std::make_unique<CopiedRows<WindowIterator>>(*opened);
    });
  }

  std::shared_ptr<SharedRows<WindowBytes>> shared_;
  bool writes_;
};

}  // namespace

std::unique_ptr<KeyValueBytes> writing_face(std::shared_ptr<SharedRows<KeyValueBytes>> shared) {
  return std::make_unique<KeyValueFace>(std::move(shared), true);
}
std::unique_ptr<WindowBytes> writing_face(std::shared_ptr<SharedRows<WindowBytes>> shared) {
  return std::make_unique<WindowFace>(std::move(shared), true);
}
std::unique_ptr<KeyValueBytes> reading_face(std::shared_ptr<SharedRows<KeyValueBytes>> shared) {
  return std::make_unique<KeyValueFace>(std::move(shared), false);
}
std::unique_ptr<WindowBytes> reading_face(std::shared_ptr<SharedRows<WindowBytes>> shared) {
  return std::make_unique<WindowFace>(std::move(shared), false);
}

}  // namespace streams::runtime
