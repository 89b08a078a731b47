// The partitions of "orders" that an instance has, and the ids that it gives out in them.
#include "owned_orders.hpp"

#include <streams/partitioner.hpp>
#include <streams/store_query.hpp>

#include <algorithm>

namespace orders {
namespace {

constexpr std::chrono::seconds kPatience{10};

}  // namespace

OwnedOrders::OwnedOrders(streams::client::ClientFactory& clients, const std::string& topic)
    : ends_(clients, topic, [this](const LogEnds::End& end) { found(end); }) {}

void OwnedOrders::taken_over(std::int32_t partition) {
  {
    const std::lock_guard lock(mutex_);
    partitions_[partition] = {};
  }
  ends_.find(partition);
}

void OwnedOrders::found(const LogEnds::End& end) {
  const std::lock_guard lock(mutex_);
  partition_count_ = end.partition_count;
  const auto at = partitions_.find(end.partition);
  if (at == partitions_.end()) return;  // given up again
  at->second.open = true;
  at->second.last_offset = end.last_offset;
}

void OwnedOrders::given_up(std::int32_t partition) {
  std::unique_lock lock(mutex_);
  const auto at = partitions_.find(partition);
  if (at == partitions_.end()) return;
  at->second.open = false;
  settled_.wait_for(lock, kPatience, [&] {
    return std::ranges::none_of(at->second.ids, [](const auto& id) { return id.second.stage == Stage::kWriting; });
  });
  partitions_.erase(at);
}

std::int32_t OwnedOrders::partition_of(const std::string& id) const {
  return partition_count_ == 0 ? -1 : streams::partition_for_key(id, partition_count_);
}

const OwnedOrders::Partition& OwnedOrders::open_partition(const std::string& id) const {
  const auto at = partitions_.find(partition_of(id));
  if (at != partitions_.end() && at->second.open) return at->second;
  throw streams::StreamsRebalancing("The orders beside " + id + " are moving between instances.");
}

OwnedOrders::Place OwnedOrders::place_of(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return {partition_of(id), open_partition(id).last_offset};
}

std::optional<std::uint64_t> OwnedOrders::take(const std::string& id) {
  const std::lock_guard lock(mutex_);
  open_partition(id);
  const auto [at, fresh] = partitions_.at(partition_of(id)).ids.try_emplace(id);
  if (!fresh) return std::nullopt;
  at->second.taken = ++takes_;
  return takes_;
}

/// Null if the partition has gone since, even if it has come back and the id was taken anew.
OwnedOrders::Id* OwnedOrders::find(const std::string& id, std::uint64_t taken) {
  const auto partition = partitions_.find(partition_of(id));
  if (partition == partitions_.end()) return nullptr;
  const auto at = partition->second.ids.find(id);
  return at == partition->second.ids.end() || at->second.taken != taken ? nullptr : &at->second;
}

bool OwnedOrders::begin_writing(const std::string& id, std::uint64_t taken) {
  const std::lock_guard lock(mutex_);
  Id* found = find(id, taken);
  if (found == nullptr || !partitions_.at(partition_of(id)).open) return false;
  found->stage = Stage::kWriting;
  return true;
}

void OwnedOrders::written(const std::string& id, std::uint64_t taken) {
  {
    const std::lock_guard lock(mutex_);
    if (Id* found = find(id, taken)) found->stage = Stage::kWritten;
  }
  settled_.notify_all();
}

void OwnedOrders::release(const std::string& id, std::uint64_t taken) {
  {
    const std::lock_guard lock(mutex_);
    if (find(id, taken) != nullptr) partitions_.at(partition_of(id)).ids.erase(id);
  }
  settled_.notify_all();
}

void OwnedOrders::seen(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    const auto partition = partitions_.find(partition_of(id));
    if (partition == partitions_.end() || partition->second.ids.erase(id) == 0) return;
  }
  settled_.notify_all();
}

std::size_t OwnedOrders::being_written() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [number, partition] : partitions_) count += partition.ids.size();
  return count;
}

}  // namespace orders
