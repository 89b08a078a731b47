// Choosing among input queues.
#include <runtime/partition_group.hpp>

#include <algorithm>
#include <utility>

namespace streams::runtime {

void PartitionGroup::add(std::size_t input, std::unique_ptr<client::RecordBatch> batch, std::string_view topic) {
  Input& to = inputs_[input];
  const bool was_empty = to.queue->empty();
  to.queue->add(std::move(batch), topic);
  to.at_end = false;  // there may be more behind it
  if (!was_empty || to.queue->empty()) return;
  to.deadline.reset();
  waiting_.push({to.queue.get(), input});
}

void PartitionGroup::set_partition_time(std::size_t input, Timestamp time) {
  inputs_[input].queue->set_partition_time(time);
  stream_time_ = std::max(stream_time_, time);
}

void PartitionGroup::clear() {
  waiting_.clear();
  for (Input& input : inputs_) {
    input.queue->clear();
    input.at_end = false;
    input.deadline.reset();
  }
  stream_time_ = -1;
}

std::size_t PartitionGroup::buffered() const {
  std::size_t sum = 0;
  for (const Input& input : inputs_) sum += input.queue->size();
  return sum;
}

std::size_t PartitionGroup::buffered_bytes() const {
  std::size_t sum = 0;
  for (const Input& input : inputs_) sum += input.queue->bytes();
  return sum;
}

/// Differs from Kafka Streams: all inputs are waited for at the same time, not one after the other.
bool PartitionGroup::waited_enough(Timestamp now_ms) {
  bool wait = waiting_.empty();
  for (Input& input : inputs_) {
    if (!input.queue->empty()) continue;
    if (!input.at_end) {
      input.deadline.reset();
      wait = true;
      continue;
    }
    if (!input.deadline) input.deadline = now_ms + max_idle_ms_;
    wait |= now_ms < *input.deadline;
  }
  if (!wait) enforced_.add();
  return !wait;
}

std::size_t PartitionGroup::next() {
  const Waiting top = waiting_.top();
  stream_time_ = std::max(stream_time_, top.queue->head_timestamp());
  return top.input;
}

void PartitionGroup::done(std::size_t input) {
  const Waiting top = waiting_.pop();
  inputs_[input].queue->pop();
  if (!top.queue->empty()) waiting_.push(top);
}

}  // namespace streams::runtime
