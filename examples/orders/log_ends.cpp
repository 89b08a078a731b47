// Where a log ends, as its readers see it.
#include "log_ends.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace orders {
namespace {

using streams::client::TopicPartition;

constexpr int kPollMs = 20;
constexpr int kTimeoutMs = 5000;
constexpr std::chrono::milliseconds kPause{100};
constexpr std::size_t kBatch = 500;
constexpr std::int64_t kStep = 16;  ///< records looked at first; more if none of them is one that readers see

}  // namespace

LogEnds::LogEnds(streams::client::ClientFactory& clients, std::string topic, Told told)
    : topic_(std::move(topic)),
      told_(std::move(told)),
      admin_(clients.admin({})),
      consumer_(clients.consumer({{"isolation.level", "read_committed"}})),
      thread_([this] { run(); }) {}

LogEnds::~LogEnds() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  asked_.notify_all();
  thread_.join();
}

void LogEnds::find(std::int32_t partition) {
  {
    const std::lock_guard lock(mutex_);
    wanted_.insert(partition);
  }
  asked_.notify_all();
}

void LogEnds::run() {
  for (;;) {
    std::set<std::int32_t> partitions;
    {
      std::unique_lock lock(mutex_);
      if (searches_.empty()) asked_.wait(lock, [this] { return stopping_ || !wanted_.empty(); });
      if (stopping_) return;
      partitions = std::exchange(wanted_, {});
    }
    if ((partitions.empty() || begin(partitions)) && read()) continue;
    // All of them again, from where the log ends then: later is as good.
    std::vector<TopicPartition> dropped;
    for (const auto& [partition, search] : std::exchange(searches_, {})) {
      dropped.push_back({topic_, partition});
      partitions.insert(partition);
    }
    consumer_->unassign(dropped).ignore("they are read again from elsewhere");
    std::unique_lock lock(mutex_);
    wanted_.merge(partitions);
    asked_.wait_for(lock, kPause, [this] { return stopping_; });
  }
}

/// Of all that is written by now, also in transactions that are open.
bool LogEnds::begin(const std::set<std::int32_t>& partitions) {
  const auto counts = admin_->topics({topic_}, kTimeoutMs);
  if (!counts.ok() || !counts.value().contains(topic_)) return false;
  partition_count_ = counts.value().at(topic_);
  std::vector<TopicPartition> names;
  for (const std::int32_t partition : partitions) names.push_back({topic_, partition});
  const auto ranges = admin_->offsets(names, kTimeoutMs);
  if (!ranges.ok()) return false;
  for (const auto& [name, range] : ranges.value()) {
    if (range.earliest == range.latest) {
      told_({name.partition, -1, partition_count_});
      continue;
    }
    if (searches_.contains(name.partition)) consumer_->unassign(std::vector{name}).ignore("it is read anew");
    searches_[name.partition] = {range.earliest, range.latest, 0, -1};
    if (!read_from(name.partition, range.latest - kStep)) return false;
  }
  return true;
}

bool LogEnds::read_from(std::int32_t partition, std::int64_t offset) {
  Search& search = searches_.at(partition);
  search.from = std::max(search.begin, offset);
  return consumer_->assign(std::vector<streams::client::PartitionStart>{{{topic_, partition}, search.from}}).ok();
}

bool LogEnds::read() {
  std::vector<streams::client::ConsumerError> errors;
  consumer_->poll(kPollMs, errors);
  if (std::ranges::any_of(errors, [](const auto& error) { return !error.partition.topic.empty(); })) return false;
  for (auto one = searches_.begin(); one != searches_.end();) {
    const std::int32_t partition = one->first;
    Search& search = one->second;
    if (!finished(partition, search)) {
      ++one;
      continue;
    }
    consumer_->unassign(std::vector<TopicPartition>{{topic_, partition}}).ignore("it is read no more");
    if (search.last < 0 && search.from > search.begin) {  // nothing but ends of transactions, and what they took back
      if (!read_from(partition, search.end - (search.end - search.from) * kStep)) return false;
      ++one;
      continue;
    }
    told_({partition, search.last, partition_count_});
    one = searches_.erase(one);
  }
  return true;
}

bool LogEnds::finished(std::int32_t partition, Search& search) {
  bool beyond = false;
  while (!beyond) {
    const auto batch = consumer_->fetch({topic_, partition}, kBatch);
    if (!batch) break;
    for (const auto& record : batch->records()) {
      if (record.offset < search.end) search.last = std::max(search.last, record.offset);
      beyond = beyond || record.offset >= search.end;
    }
  }
  return beyond || consumer_->position({topic_, partition}) >= search.end;
}

}  // namespace orders
