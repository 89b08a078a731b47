// The list of cursors that a store has handed out.
#include <streams/detail/store_cursors.hpp>
#include <streams/errors.hpp>

namespace streams::detail {

StoreCursor::StoreCursor(OpenCursors& store) : store_(&store), next_(store.first_) {
  if (next_ != nullptr) next_->before_ = this;
  store.first_ = this;
}

StoreCursor::~StoreCursor() {
  if (store_ == nullptr) return;
  (before_ != nullptr ? before_->next_ : store_->first_) = next_;
  if (next_ != nullptr) next_->before_ = before_;
}

void StoreCursor::throw_closed() const {
  throw InvalidStateStore("An iterator over StateStore " + closed_store_ +
                          " is used after the store was closed. Read what you need before the processor or the "
                          "application that owns the store is closed.");
}

void OpenCursors::close() {
  while (first_ != nullptr) {
    StoreCursor& cursor = *first_;
    first_ = cursor.next_;
    cursor.store_ = nullptr;
    cursor.closed_store_ = store_;
    cursor.drop_rows();
  }
}

}  // namespace streams::detail
