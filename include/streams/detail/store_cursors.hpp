// Cursors over the rows of stores, which end with their store.
#pragma once

#include <streams/store_range.hpp>

#include <memory>
#include <string>
#include <utility>

namespace streams::detail {

class OpenCursors;

/// A cursor that its store can take the rows away from.
class StoreCursor {
 public:
  StoreCursor(const StoreCursor&) = delete;
  StoreCursor& operator=(const StoreCursor&) = delete;

 protected:
  explicit StoreCursor(OpenCursors& store);
  virtual ~StoreCursor();
  /// Throws InvalidStateStore if the store was closed.
  void check_open() const {
    if (store_ == nullptr) throw_closed();
  }

 private:
  friend class OpenCursors;
  /// Lets go of the rows: they need the store.
  virtual void drop_rows() = 0;
  [[noreturn]] void throw_closed() const;

  OpenCursors* store_;  ///< null: closed
  StoreCursor* before_ = nullptr;
  StoreCursor* next_ = nullptr;
  std::string closed_store_;  ///< its name, once it is closed
};

/// The cursors over a store that somebody holds. One thread.
class OpenCursors {
 public:
  explicit OpenCursors(std::string store) : store_(std::move(store)) {}
  ~OpenCursors() { close(); }
  OpenCursors(const OpenCursors&) = delete;
  OpenCursors& operator=(const OpenCursors&) = delete;
  /// Before the store goes: whoever uses one of its cursors afterwards is told so.
  void close();

 private:
  friend class StoreCursor;
  std::string store_;
  StoreCursor* first_ = nullptr;
};

/// Turns byte rows that look after themselves into typed ones.
template <class T, class Iterator, class Read>
class MappingCursor final : public StoreRange<T>::Cursor {
 public:
  MappingCursor(std::unique_ptr<Iterator> rows, Read read) : rows_(std::move(rows)), read_(std::move(read)) {}
  bool valid() const override { return rows_->valid(); }
  void next() override { rows_->next(); }
  T read() const override { return read_(*rows_); }

 private:
  std::unique_ptr<Iterator> rows_;
  Read read_;
};

/// Turns byte rows that need their store into typed ones.
template <class T, class Iterator, class Read>
class GuardedCursor final : public StoreRange<T>::Cursor, private StoreCursor {
 public:
  GuardedCursor(OpenCursors& store, std::unique_ptr<Iterator> rows, Read read)
      : StoreCursor(store), rows_(std::move(rows)), read_(std::move(read)) {}
  bool valid() const override {
    check_open();
    return rows_->valid();
  }
  void next() override {
    check_open();
    rows_->next();
  }
  T read() const override {
    check_open();
    return read_(*rows_);
  }

 private:
  void drop_rows() override { rows_.reset(); }

  std::unique_ptr<Iterator> rows_;
  Read read_;
};

template <class T, class Iterator, class Read>
StoreRange<T> mapped_range(std::unique_ptr<Iterator> rows, Read read) {
  return StoreRange<T>(std::make_shared<MappingCursor<T, Iterator, Read>>(std::move(rows), std::move(read)));
}
template <class T, class Iterator, class Read>
StoreRange<T> mapped_range(OpenCursors& store, std::unique_ptr<Iterator> rows, Read read) {
  return StoreRange<T>(std::make_shared<GuardedCursor<T, Iterator, Read>>(store, std::move(rows), std::move(read)));
}

}  // namespace streams::detail
