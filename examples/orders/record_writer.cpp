// Writes records for requests, which are answered once the cluster has them.
#include "record_writer.hpp"

#include <streams/partitioner.hpp>

#include <algorithm>
#include <utility>

namespace orders {
namespace {

constexpr int kTimeoutMs = 30'000;

}  // namespace

streams::http::Response not_stored(const streams::Status& status) {
  const bool unknown = status.code() == streams::StatusCode::kTimedOut;
  return streams::http::failure(unknown ? 504 : 500, "Not stored: " + status.message());
}

RecordWriter::RecordWriter(streams::client::ClientFactory& clients)
    : producer_(clients.producer({{"enable.idempotence", "true"}, {"linger.ms", "0"}})), thread_([this] { run(); }) {}

RecordWriter::~RecordWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void RecordWriter::write(std::string topic, std::string key, std::string value, Done done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(topic), std::move(key), std::move(value), std::move(done)});
  }
  changed_.notify_all();
}

void RecordWriter::run() {
  for (;;) {
    std::vector<Write> writes;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      writes = std::exchange(queue_, {});
      if (writes.empty()) return;
    }
    write_all(writes);
    for (Write& write : writes) write.done(write.status);
  }
}

void RecordWriter::write_all(std::vector<Write>& writes) {
  for (Write& write : writes) {
    const auto partitions = producer_->partitions(write.topic, kTimeoutMs);
    if (!partitions.ok()) {
      write.status = partitions.status();
      continue;
    }
    write.status = producer_->send({.topic = write.topic,
                                    .partition = streams::partition_for_key(write.key, partitions.value()),
                                    .key = streams::BytesView(write.key),
                                    .value = streams::BytesView(write.value)});
  }
  if (const streams::Status flushed = producer_->flush(kTimeoutMs); !flushed.ok()) {
    for (Write& write : writes) {
      if (write.status.ok()) write.status = flushed;
    }
  }
  for (const streams::client::DeliveryError& error : producer_->take_errors()) {
    for (Write& write : writes) {
      if (write.topic == error.partition.topic && write.key == error.key.value_or("")) write.status = error.status;
    }
  }
}

}  // namespace orders
