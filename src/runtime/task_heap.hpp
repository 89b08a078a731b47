// A binary min-heap whose order among equal elements is that of java.util.PriorityQueue: it decides which of two queues
// with the same head timestamp comes first, and that can be seen in results.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace streams::runtime {

/// `Less(a, b)`: a comes before b. An element may be changed only while it is not in the heap.
template <class T, class Less>
class TaskHeap {
 public:
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  const T& top() const { return items_.front(); }
  void clear() { items_.clear(); }

  void push(T item) {
    std::size_t at = items_.size();
    items_.push_back(std::move(item));
    while (at > 0) {
      const std::size_t parent = (at - 1) / 2;
      if (!less_(items_[at], items_[parent])) break;
      std::swap(items_[at], items_[parent]);
      at = parent;
    }
  }

  T pop() {
    T out = std::move(items_.front());
    if (items_.size() > 1) items_.front() = std::move(items_.back());
    items_.pop_back();
    sink_top();
    return out;
  }

 private:
  void sink_top() {
    std::size_t at = 0;
    while (2 * at + 1 < items_.size()) {
      std::size_t child = 2 * at + 1;
      if (child + 1 < items_.size() && less_(items_[child + 1], items_[child])) ++child;
      if (!less_(items_[child], items_[at])) return;
      std::swap(items_[at], items_[child]);
      at = child;
    }
  }

  std::vector<T> items_;
  [[no_unique_address]] Less less_;
};

}  // namespace streams::runtime
