// Two ordered walks seen as one: rows in front hide those with the same key behind, and tombstones hide without being
// seen.
#pragma once

#include <state/byte_store.hpp>

#include <utility>

namespace streams::state {

/// Front and Back offer valid(), next(), key(), value(), changed() and seek_after(key): a walk whose rows changed since
/// its last step is asked to find its place again instead of stepping. The front's value() is an OptionalView, null
/// being a tombstone.
template <class Front, class Back>
class MergedRows : public ByteIterator {
 public:
  MergedRows(Front front, Back back, bool reverse)
      : front_(std::move(front)), back_(std::move(back)), reverse_(reverse) {
    settle();
  }

  bool valid() const override { return on_front_ || on_back_; }
  BytesView key() const override { return on_front_ ? front_.key() : back_.key(); }
  BytesView value() const override { return on_front_ ? *front_.value() : back_.value(); }

  void next() override {
    last_.assign(key());
    if (back_.changed()) {
      back_.seek_after(last_);
    } else if (on_back_) {
      back_.next();
    }
    if (front_.changed()) {
      front_.seek_after(last_);
    } else if (on_front_) {
      front_.next();
    }
    settle();
  }

 private:
  void settle() {
    for (;;) {
      on_front_ = on_back_ = false;
      const int order = compare();
      if (order > 0) {
        on_back_ = back_.valid();
        return;
      }
      if (front_.value()) {
        on_front_ = true;
        on_back_ = order == 0;
        return;
      }
      if (order == 0) back_.next();
      front_.next();
    }
  }

  /// Negative: the front's row comes first; positive: the back's does, or there is none at all.
  int compare() const {
    if (!front_.valid()) return 1;
    if (!back_.valid()) return -1;
    const int order = front_.key().compare(back_.key());
    return reverse_ ? -order : order;
  }

  Front front_;
  Back back_;
  bool reverse_;
  bool on_front_ = false;
  bool on_back_ = false;
  Bytes last_;
};

/// No rows at all.
class NoRows final : public ByteIterator {
 public:
  bool valid() const override { return false; }
  void next() override {}
  BytesView key() const override { return {}; }
  BytesView value() const override { return {}; }
};

}  // namespace streams::state
