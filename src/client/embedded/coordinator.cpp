// Requests about groups and their committed offsets.
#include "client/embedded/coordinator.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace streams::client::embedded {

Group& Coordinator::group(const std::string& name) { return groups_.try_emplace(name, name, topics_).first->second; }

Group* Coordinator::find(const std::string& name) {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : &found->second;
}

std::string Coordinator::join(const std::string& name, const JoinRequest& request) {
  const std::lock_guard lock(mutex_);
  char number[24];
  std::snprintf(number, sizeof number, "-%08lld", static_cast<long long>(next_member_++));
  std::string member_id = (request.instance_id.empty() ? request.client_id : request.instance_id) + number;
  Group& to = group(name);
  const Timestamp now = clock_.now_ms();
  to.expire(now);
  to.join(member_id, request, now);
  return member_id;
}

Beat Coordinator::beat(const MemberKey& member, const std::set<TopicPartition>& owned) {
  const std::lock_guard lock(mutex_);
  return group(member.group).beat(member, owned, clock_.now_ms());
}

void Coordinator::rejoin(const MemberKey& member, std::shared_ptr<const Subscription> subscription) {
  const std::lock_guard lock(mutex_);
  group(member.group).rejoin(member.member_id, std::move(subscription));
}

void Coordinator::leave(const MemberKey& member) {
  const std::lock_guard lock(mutex_);
  group(member.group).leave(member.member_id);
}

void Coordinator::detach(const MemberKey& member) {
  const std::lock_guard lock(mutex_);
  group(member.group).detach(member.member_id);
}

bool Coordinator::has_member(const MemberKey& member) {
  const std::lock_guard lock(mutex_);
  Group& in = group(member.group);
  in.expire(clock_.now_ms());
  return in.has_member(member.member_id);
}

Result<std::int32_t> Coordinator::generation(const MemberKey& member) {
  const std::lock_guard lock(mutex_);
  return group(member.group).check(member, clock_.now_ms());
}

Status Coordinator::commit(const MemberKey& member, const std::vector<OffsetAndMetadata>& offsets) {
  const std::lock_guard lock(mutex_);
  Group& to = group(member.group);
  const Result<std::int32_t> generation = to.check(member, clock_.now_ms());
  if (!generation.ok()) return generation.status();
  Status status;
  for (const OffsetAndMetadata& o : offsets) {
    if (topics_.log(o.partition))
      to.offsets[o.partition] = {o.offset, o.metadata};
    else if (status.ok())
      status = unknown_partition(o.partition);
  }
  return status;
}

std::optional<std::vector<OffsetAndMetadata>> Coordinator::committed(const std::string& name,
                                                                     const std::vector<TopicPartition>& partitions,
                                                                     bool stable) {
  const std::lock_guard lock(mutex_);
  std::vector<OffsetAndMetadata> result;
  const Group* const from = find(name);
  for (const TopicPartition& partition : partitions) {
    OffsetAndMetadata& one = result.emplace_back(OffsetAndMetadata{partition, -1, ""});
    if (from == nullptr) continue;
    const auto found = from->offsets.find(partition);
    if (found == from->offsets.end()) continue;
    one.offset = found->second.offset;
    one.metadata = found->second.metadata;
  }
  if (!stable) return result;
  for (const auto& [id, transaction] : transactional_ids_) {
    const auto pending = transaction->offsets.find(name);
    if (pending == transaction->offsets.end()) continue;
    const auto changes = [&](const TopicPartition& p) { return pending->second.contains(p); };
    if (std::any_of(partitions.begin(), partitions.end(), changes)) return std::nullopt;
  }
  return result;
}

void Coordinator::watch_transactions(Waker& waker) {
  const std::lock_guard lock(mutex_);
  transaction_watchers_.push_back(&waker);
}

void Coordinator::unwatch_transactions(Waker& waker) {
  const std::lock_guard lock(mutex_);
  std::erase(transaction_watchers_, &waker);
}

GroupDescription Coordinator::describe(const std::string& name) {
  const std::lock_guard lock(mutex_);
  Group* const found = find(name);
  if (found == nullptr) return {"Dead", {}};
  found->expire(clock_.now_ms());
  return found->describe();
}

Status Coordinator::delete_group(const std::string& name) {
  const std::lock_guard lock(mutex_);
  Group* const found = find(name);
  if (found == nullptr) return {StatusCode::kNotFound, "The group '" + name + "' does not exist"};
  found->expire(clock_.now_ms());
  if (!found->empty()) return {StatusCode::kInvalidArgument, "The group '" + name + "' has members: stop them first"};
  groups_.erase(name);
  return {};
}

void Coordinator::forget_topic(const std::string& topic) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, group] : groups_) {
    std::erase_if(group.offsets, [&](const auto& entry) { return entry.first.topic == topic; });
  }
}

}  // namespace streams::client::embedded
