// StoreRange<T>: rows of a store as a C++ input range that owns its cursor.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <string_view>  // declares std::ranges::enable_view, without the rest of <ranges>
#include <type_traits>
#include <utility>

namespace streams {

/// Rows in the order of the store, read once: `for (auto [key, value] : store.all())`. A view for std::ranges and
/// range-v3: `store.all() | std::views::filter(f)`. Copies are cheap and stand on the same row, wherever one of them
/// goes. It may outlive its store, but not be used any more then: that throws InvalidStateStore. The store may be
/// written to meanwhile; rows that come or go then may or may not be seen.
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
  explicit StoreRange(std::shared_ptr<Cursor> cursor) : cursor_(std::move(cursor)) {}
  /// From the first row that was not read yet.
  iterator begin() const { return iterator(cursor_.get()); }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::shared_ptr<Cursor> cursor_;
};

}  // namespace streams

// What a store gives can be piped on at once: into std::views …
template <class T>
inline constexpr bool std::ranges::enable_view<streams::StoreRange<T>> = true;

// … and into those of range-v3, which is not needed otherwise: its header may come before this one, later or never.
namespace ranges::ext {
template <class T>
struct enable_view;
template <class T>
struct enable_view<streams::StoreRange<T>> : std::true_type {};
}  // namespace ranges::ext
