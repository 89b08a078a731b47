// The input queues of a task, and which of them is next.
//
// Source: org.apache.kafka.streams.processor.internals.PartitionGroup.
#pragma once

#include <runtime/record_queue.hpp>
#include <runtime/task_heap.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace streams::runtime {

class PartitionGroup {
 public:
  PartitionGroup(std::int64_t max_idle_ms, RareCounter& enforced) : max_idle_ms_(max_idle_ms), enforced_(enforced) {}

  void add_queue(std::unique_ptr<RecordQueue> queue) { inputs_.push_back({std::move(queue), false, std::nullopt}); }
  std::size_t size() const { return inputs_.size(); }
  RecordQueue& queue(std::size_t input) { return *inputs_[input].queue; }
  const RecordQueue& queue(std::size_t input) const { return *inputs_[input].queue; }

  void add(std::size_t input, std::unique_ptr<client::RecordBatch> batch, std::string_view topic);
  void set_at_end(std::size_t input, bool at_end) { inputs_[input].at_end = at_end; }
  /// From commit metadata.
  void set_partition_time(std::size_t input, Timestamp time);
  void clear();

  std::size_t buffered() const;
  std::size_t buffered_bytes() const;

  /// Whether next() may be called.
  bool ready(Timestamp now_ms) {
    if (waiting_.size() == inputs_.size() || max_idle_ms_ < 0) return !waiting_.empty();
    return waited_enough(now_ms);
  }
  /// The input whose head has the lowest timestamp; stream time takes that in. Precondition: ready(). Process the head,
  /// then call done() before anything else.
  std::size_t next();
  /// Removes the head of that input. Throws as RecordQueue::pop().
  void done(std::size_t input);

  Timestamp stream_time() const { return stream_time_; }

 private:
  struct Input {
    std::unique_ptr<RecordQueue> queue;
    bool at_end = false;
    std::optional<Timestamp> deadline;  ///< at the end and empty: until when to wait for more
  };
  struct Waiting {
    const RecordQueue* queue;
    std::size_t input;
  };
  struct Earlier {
    bool operator()(const Waiting& a, const Waiting& b) const {
      return a.queue->head_timestamp() < b.queue->head_timestamp();
    }
  };
  bool waited_enough(Timestamp now_ms);

  std::int64_t max_idle_ms_;
  RareCounter& enforced_;
  std::vector<Input> inputs_;
  TaskHeap<Waiting, Earlier> waiting_;  ///< inputs that have records
  Timestamp stream_time_ = -1;
};

}  // namespace streams::runtime
