// StoreRange<T>: rows of a store as a C++ input range that owns its iterator.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

namespace streams {

/// Rows in the order of the store. Move-only; read once: `for (auto [key, value] : store.all())`.
/// Works with std::ranges and range-v3 algorithms as an input range. It must not outlive its store (the store asserts
/// that).
template <class T>
class StoreRange {
 public:
  /// What a store implements: a cursor over its rows.
  class Cursor {
   public:
    virtual ~Cursor() = default;
    /// Whether it stands on a row; next() and read() must not be called otherwise.
    virtual bool valid() const = 0;
    /// To the next row.
    virtual void next() = 0;
    /// The row.
    virtual T read() const = 0;
  };

  /// An input iterator; all of one range move together.
  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    explicit iterator(Cursor* cursor) : cursor_(cursor) {}
    T operator*() const { return cursor_->read(); }
    iterator& operator++() {
      cursor_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& it, std::default_sentinel_t) { return !it.cursor_ || !it.cursor_->valid(); }

   private:
    Cursor* cursor_ = nullptr;
  };

  StoreRange() = default;
  explicit StoreRange(std::unique_ptr<Cursor> cursor) : cursor_(std::move(cursor)) {}
  /// From the first row that was not read yet.
  iterator begin() const { return iterator(cursor_.get()); }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::unique_ptr<Cursor> cursor_;
};

}  // namespace streams
