// The queued records of one input partition, undecoded but for the first.
//
// Source: org.apache.kafka.streams.processor.internals.RecordQueue.
#pragma once

#include <runtime/error_handlers.hpp>
#include <runtime/topic_traffic.hpp>
#include <streams/client.hpp>
#include <streams/detail/node.hpp>
#include <streams/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

namespace streams::runtime {

/// What all queues of a task share.
struct RecordQueueServices {
  ErrorBoundary& errors;
  const Clock& clock;
  DefaultTimestampExtractor extractor;
  TopicTraffic* traffic = nullptr;  ///< counts what is taken; may be null
};

class RecordQueue {
 public:
  /// `partition` and `source` outlive the queue.
  RecordQueue(const client::TopicPartition& partition, streams::detail::SourceNodeBase& source,
              const RecordQueueServices& services);

  /// Throws TaskError if the first record cannot be decoded, or has no valid timestamp, and that is to fail.
  void add(std::unique_ptr<client::RecordBatch> batch, std::string_view topic);
  void clear();

  /// Records, the head included. Also counts a last record that was dropped, until pop(): its offset is to be
  /// committed.
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return size_ == 0; }

  /// Of the head; a dropped one has timestamp -1, so that it is passed first.
  Timestamp head_timestamp() const { return head_timestamp_; }
  std::int64_t head_offset() const { return head_offset_; }
  bool head_dropped() const { return head_dropped_; }

  /// What the context is while the head is processed; topic and headers live until pop().
  RecordContext head_context() const;
  OptionalView head_key() const { return record().key; }
  OptionalView head_value() const { return record().value; }
  /// Sends the head through the topology. Not for dropped ones.
  void process_head() { lane_->process(head_timestamp_); }
  /// Removes the head and decodes the next one. Throws as add() does.
  void pop();

  Timestamp partition_time() const { return partition_time_; }
  void set_partition_time(Timestamp time) { partition_time_ = time; }
  const std::string& source_name() const { return source_.name(); }

 private:
  struct Entry {
    std::unique_ptr<client::RecordBatch> batch;
    std::string_view topic;
  };
  const client::ConsumerRecord& record() const { return batches_.front().batch->records()[next_]; }
  void find_head();
  bool decode();
  Timestamp extract(Timestamp own) const;
  std::size_t drop_first();

  const client::TopicPartition& partition_;
  streams::detail::SourceNodeBase& source_;
  RecordQueueServices services_;
  std::unique_ptr<streams::detail::SourceLane> lane_;
  std::deque<Entry> batches_;  ///< none is empty
  std::size_t next_ = 0;       ///< of the first batch: where the head is
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  bool has_head_ = false;
  bool head_dropped_ = false;
  Timestamp head_timestamp_ = -1;
  std::int64_t head_offset_ = -1;
  Timestamp partition_time_ = -1;
};

}  // namespace streams::runtime
