// Decoding heads of input queues and finding out their timestamps.
#include <runtime/record_queue.hpp>

#include <algorithm>
#include <utility>

namespace streams::runtime {
namespace {

std::size_t bytes_of(const client::ConsumerRecord& record) {
  return (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
}

std::string place(std::string_view topic, std::int32_t partition, const client::ConsumerRecord& record) {
  return text("Input record (topic = ", topic, ", partition = ", partition, ", offset = ", record.offset,
              ", CreateTime = ", record.timestamp, ")");
}

}  // namespace

RecordQueue::RecordQueue(const client::TopicPartition& partition, streams::detail::SourceNodeBase& source,
                         const RecordQueueServices& services)
    : partition_(partition), source_(source), services_(services), lane_(source.make_lane()) {}

void RecordQueue::add(std::unique_ptr<client::RecordBatch> batch, std::string_view topic) {
  if (!batch || batch->records().empty()) return;
  size_ += batch->records().size();
  for (const client::ConsumerRecord& record : batch->records()) bytes_ += bytes_of(record);
  batches_.push_back({std::move(batch), topic.empty() ? std::string_view(partition_.topic) : topic});
  if (!has_head_) find_head();
}

void RecordQueue::clear() {
  batches_.clear();
  next_ = size_ = bytes_ = 0;
  has_head_ = head_dropped_ = false;
  partition_time_ = -1;
}

RecordContext RecordQueue::head_context() const {
  RecordContext out;
  out.topic = batches_.front().topic;
  out.partition = partition_.partition;
  out.offset = head_offset_;
  out.timestamp = head_timestamp_;
  out.headers = &lane_->headers();
  return out;
}

void RecordQueue::pop() {
  partition_time_ = std::max(partition_time_, head_timestamp_);
  has_head_ = false;
  if (std::exchange(head_dropped_, false)) {
    --size_;
  } else {
    const std::size_t bytes = drop_first();
    if (services_.traffic != nullptr) services_.traffic->add(partition_.topic.size() + bytes, lane_->headers());
  }
  if (size_ > 0) find_head();
}

void RecordQueue::find_head() {
  std::optional<std::int64_t> dropped;
  while (!batches_.empty()) {
    head_offset_ = record().offset;
    if (decode()) {
      has_head_ = true;
      return;
    }
    dropped = head_offset_;
    drop_first();
  }
  if (!dropped) return;
  has_head_ = head_dropped_ = true;
  head_timestamp_ = -1;
  head_offset_ = *dropped;
  ++size_;
}

bool RecordQueue::decode() {
  const Entry& entry = batches_.front();
  const client::ConsumerRecord& from = record();
  streams::detail::RawRecord raw;
  raw.topic = entry.topic;
  raw.partition = partition_.partition;
  raw.offset = from.offset;
  raw.timestamp = from.timestamp;
  raw.key = from.key;
  raw.value = from.value;
  raw.headers = entry.batch->headers(from);
  try {
    lane_->decode(std::move(raw));
  } catch (...) {
    raw.headers = entry.batch->headers(from);
    services_.errors.deserialization_failed(source_.name(), raw);
    return false;
  }
  head_timestamp_ = extract(from.timestamp);
  if (head_timestamp_ >= 0) return true;
  services_.errors.dropped(source_.name(), text("negative extracted timestamp ", head_timestamp_, " of ",
                                                place(entry.topic, partition_.partition, from)));
  return false;
}

Timestamp RecordQueue::extract(Timestamp own) const {
  std::optional<Timestamp> extracted;
  try {
    extracted = lane_->extract(partition_time_);
  } catch (const TaskError&) {
    throw;
  } catch (...) {
    const std::exception_ptr error = std::current_exception();
    throw TaskError(text("Fatal user code error in TimestampExtractor callback for ",
                         place(batches_.front().topic, partition_.partition, record()), ": ", message_of(error)),
                    error);
  }
  if (extracted) return *extracted;
  if (services_.extractor == DefaultTimestampExtractor::kWallclock) return services_.clock.now_ms();
  if (own >= 0 || services_.extractor == DefaultTimestampExtractor::kLogAndSkipOnInvalid) return own;
  const std::string which = place(batches_.front().topic, partition_.partition, record());
  if (services_.extractor == DefaultTimestampExtractor::kUsePartitionTimeOnInvalid) {
    if (partition_time_ >= 0) return partition_time_;
    throw TaskError("Could not infer new timestamp for " + which + " because partition time is unknown.");
  }
  throw TaskError(which +
                  " has invalid (negative) timestamp. Use a different timestamp extractor to process this data.");
}

/// Gives the bytes of its key and value.
std::size_t RecordQueue::drop_first() {
  const std::span<const client::ConsumerRecord> records = batches_.front().batch->records();
  const std::size_t bytes = bytes_of(records[next_]);
  bytes_ -= bytes;
  --size_;
  if (++next_ < records.size()) return bytes;
  batches_.pop_front();
  next_ = 0;
  return bytes;
}

}  // namespace streams::runtime
