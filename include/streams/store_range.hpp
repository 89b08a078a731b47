// StoreRange<T>: rows of a store as a C++ input range that owns its iterator.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <string_view>  // declares std::ranges::enable_view, without the rest of <ranges>
#include <utility>

namespace streams {

/// Rows in the order of the store. Move-only; read once: `for (auto [key, value] : store.all())`.
/// A view for std::ranges. range-v3 0.12 takes no view that cannot be copied: give the range a name there,
/// `auto rows = store.all(); rows | ranges::views::filter(f)`. It may outlive its store, but not be used any more then:
/// that throws InvalidStateStore.
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

/// A view for the standard library: what a store gives can be piped on at once.
template <class T>
inline constexpr bool std::ranges::enable_view<streams::StoreRange<T>> = true;
