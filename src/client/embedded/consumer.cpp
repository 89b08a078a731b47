// Assignment, polling and fetching of a consumer; its membership in a group is in consumer_group.cpp.
#include "client/embedded/consumer.hpp"

#include <algorithm>
#include <utility>

namespace streams::client::embedded {
namespace {

Status not_assigned(const TopicPartition& partition) {
  return {StatusCode::kInvalidArgument, "Partition " + name_of(partition) + " is not assigned to this consumer"};
}

}  // namespace

EmbeddedConsumer::EmbeddedConsumer(ClusterPtr cluster, const Settings& settings)
    : cluster_(std::move(cluster)), isolation_(isolation_setting(settings)) {
  join_.client_id = setting(settings, "client.id", "rdkafka");
  join_.instance_id = setting(settings, "group.instance.id", "");
  join_.session_timeout_ms = milliseconds_setting(settings, "session.timeout.ms", 45'000);
  join_.waker = &waker_;
  member_ = {setting(settings, "group.id", ""), "", join_.instance_id};
}

EmbeddedConsumer::~EmbeddedConsumer() { EmbeddedConsumer::close(); }

Status EmbeddedConsumer::assign(std::span<const PartitionStart> partitions) {
  for (const PartitionStart& start : partitions) {
    if (fetched_.contains(start.partition)) {
      return {StatusCode::kInvalidArgument, "Partition " + name_of(start.partition) + " is assigned already"};
    }
  }
  for (const PartitionStart& start : partitions) {
    Fetched& fetched = fetched_[start.partition];
    fetched.position = start.offset;
    attach(start.partition, fetched);
  }
  return {};
}

void EmbeddedConsumer::attach(const TopicPartition& partition, Fetched& fetched) {
  fetched.log = cluster_->topics.log(partition);
  if (!fetched.log) return;
  move_to(fetched, fetched.position);
  fetched.log->watch(waker_, isolation_);
}

void EmbeddedConsumer::move_to(Fetched& fetched, std::int64_t offset) {
  fetched.position = fetched.log ? fetched.log->resolve(offset, isolation_) : offset;
  fetched.cursor = fetched.position;
  fetched.told_until = -1;
  fetched.failed = fetched.left_some = false;
}

Status EmbeddedConsumer::unassign(std::span<const TopicPartition> partitions) {
  for (const TopicPartition& partition : partitions) {
    const auto found = fetched_.find(partition);
    if (found == fetched_.end()) continue;
    if (found->second.log) found->second.log->unwatch(waker_);
    fetched_.erase(found);
  }
  return {};
}

Status EmbeddedConsumer::seek(const PartitionStart& start) {
  const auto found = fetched_.find(start.partition);
  if (found == fetched_.end()) return not_assigned(start.partition);
  move_to(found->second, start.offset);
  return {};
}

void EmbeddedConsumer::poll(int timeout_ms, std::vector<ConsumerError>& errors) {
  using std::chrono::steady_clock;
  if (closed_) return;
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    waker_.reset();
    cluster_->coordinator.tick();
    const bool rebalanced = serve_group(errors);
    if (look_around(errors) || rebalanced || timeout_ms <= 0) return;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) return;
    waker_.wait(std::min(left, kLongestWait));
  }
}

bool EmbeddedConsumer::look_around(std::vector<ConsumerError>& errors) {
  bool happened = false;
  for (auto& [partition, fetched] : fetched_) happened |= look_at(partition, fetched, errors);
  return happened;
}

/// True if the partition has records that the caller may not know of, or if what keeps it from being read was found and
/// reported just now.
bool EmbeddedConsumer::look_at(const TopicPartition& partition, Fetched& fetched, std::vector<ConsumerError>& errors) {
  if (fetched.log && look(fetched).deleted) {
    fetched.log->unwatch(waker_);
    fetched.log = nullptr;
  }
  if (!fetched.log) attach(partition, fetched);
  Status status;
  if (fetched.log) {
    const View view = look(fetched);
    if (fetched.cursor >= view.start && fetched.cursor <= view.end) return !fetched.failed && has_news(fetched, view);
    status = {StatusCode::kOffsetOutOfRange, "Offset " + std::to_string(fetched.cursor) + " of " + name_of(partition) +
                                                 " is out of range: the log holds " + std::to_string(view.start) +
                                                 " to " + std::to_string(view.end)};
  } else {
    status = unknown_partition(partition);
  }
  if (fetched.failed) return false;
  fetched.failed = true;
  errors.push_back({partition, std::move(status)});
  return true;
}

bool EmbeddedConsumer::has_news(Fetched& fetched, const View& view) {
  const bool more = view.limit > std::exchange(fetched.told_until, view.limit);
  const bool left = std::exchange(fetched.left_some, false);
  return !view.at_end() && (more || left);
}

View EmbeddedConsumer::look(const Fetched& fetched) const {
  const View view = fetched.log->look(fetched.cursor, isolation_);
  fetched.cursor = std::max(fetched.cursor, view.next);
  return view;
}

std::unique_ptr<RecordBatch> EmbeddedConsumer::fetch(const TopicPartition& partition, std::size_t max) {
  const auto found = fetched_.find(partition);
  if (found == fetched_.end() || !found->second.log || max == 0) return nullptr;
  Fetched& fetched = found->second;
  auto batch = std::make_unique<LogBatch>();
  const View view = fetched.log->read(fetched.cursor, max, isolation_, *batch);
  fetched.cursor = std::max(fetched.cursor, view.next);
  fetched.told_until = view.limit;
  fetched.left_some = !view.at_end();
  if (batch->records().empty()) return nullptr;
  fetched.position = batch->records().back().offset + 1;
  return batch;
}

bool EmbeddedConsumer::at_end(const TopicPartition& partition) const {
  const auto found = fetched_.find(partition);
  if (found == fetched_.end() || !found->second.log) return false;
  if (found->second.failed || found->second.told_until < 0) return false;
  return look(found->second).at_end();
}

std::int64_t EmbeddedConsumer::position(const TopicPartition& partition) const {
  const auto found = fetched_.find(partition);
  if (found == fetched_.end()) return -1;
  const Fetched& fetched = found->second;
  if (!fetched.log) return std::max<std::int64_t>(fetched.position, -1);
  const View view = look(fetched);
  return view.at_end() ? std::max(fetched.position, std::min(fetched.cursor, view.limit)) : fetched.position;
}

void EmbeddedConsumer::close(Leaving leaving) {
  if (closed_) return;
  closed_ = true;
  leave_group(leaving);
  for (auto& [partition, fetched] : fetched_) {
    if (fetched.log) fetched.log->unwatch(waker_);
  }
  fetched_.clear();
}

std::unique_ptr<Consumer> make_consumer(ClusterPtr cluster, const Settings& settings) {
  return std::make_unique<EmbeddedConsumer>(std::move(cluster), settings);
}

}  // namespace streams::client::embedded
