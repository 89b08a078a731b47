// Rebalances of a consumer group.
#include "client/embedded/group.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace streams::client::embedded {

bool Subscription::matches(const std::string& topic) const {
  return names.contains(topic) || std::any_of(patterns.begin(), patterns.end(),
                                              [&](const std::regex& p) { return std::regex_search(topic, p); });
}

void Group::join(const std::string& member_id, const JoinRequest& request, Timestamp now) {
  if (replace_static(member_id, request, now)) return;
  Member member;
  member.request = request;
  member.last_beat = now;
  members_.emplace(member_id, std::move(member));
  next_expiry_ = std::min(next_expiry_, now + request.session_timeout_ms);
  prepare();
}

bool Group::replace_static(const std::string& member_id, const JoinRequest& request, Timestamp now) {
  if (request.instance_id.empty()) return false;
  const auto old = std::find_if(members_.begin(), members_.end(),
                                [&](const auto& m) { return m.second.request.instance_id == request.instance_id; });
  if (old == members_.end()) return false;
  Member member = std::move(old->second);
  if (member.request.waker != nullptr) member.request.waker->notify();
  const bool same_topics = member.request.subscription->names == request.subscription->names &&
                           member.request.subscription->patterns.empty() && request.subscription->patterns.empty();
  members_.erase(old);
  member.request = request;
  member.last_beat = now;
  member.owned.clear();
  member.joined = member.told = false;
  members_.emplace(member_id, std::move(member));
  next_expiry_ = std::min(next_expiry_, now + request.session_timeout_ms);
  if (!same_topics) prepare();
  return true;
}

void Group::prepare() {
  if (preparing_) return;
  preparing_ = true;
  for (auto& [id, member] : members_) {
    member.joined = false;
    if (member.request.waker != nullptr) member.request.waker->notify();
  }
}

Beat Group::beat(const MemberKey& key, const std::set<TopicPartition>& owned, Timestamp now) {
  expire(now);
  const auto found = members_.find(key.member_id);
  if (found == members_.end()) return {fenced(key) ? BeatResult::kFencedInstance : BeatResult::kUnknownMember, {}};
  Member& member = found->second;
  member.last_beat = now;
  notify_topic_changes();
  if (member.told && preparing_ && !member.joined) {
    member.joined = true;
    member.owned = owned;
    complete_if_all_joined();
  }
  if (member.told) return {};
  member.told = true;
  return {BeatResult::kAssignment, member.assigned};
}

void Group::rejoin(const std::string& member_id, std::shared_ptr<const Subscription> subscription) {
  const auto found = members_.find(member_id);
  if (found == members_.end()) return;
  if (subscription) {
    found->second.request.subscription = std::move(subscription);
    found->second.joined = false;
  }
  prepare();
}

void Group::leave(const std::string& member_id) {
  if (members_.erase(member_id) == 0) return;
  prepare();
  complete_if_all_joined();
}

void Group::detach(const std::string& member_id) {
  const auto found = members_.find(member_id);
  if (found != members_.end()) found->second.request.waker = nullptr;
}

void Group::expire(Timestamp now) {
  if (now < next_expiry_) return;
  next_expiry_ = std::numeric_limits<Timestamp>::max();
  bool lost = false;
  for (auto it = members_.begin(); it != members_.end();) {
    const Timestamp end = it->second.last_beat + it->second.request.session_timeout_ms;
    if (end > now) {
      next_expiry_ = std::min(next_expiry_, end);
      ++it;
      continue;
    }
    if (it->second.request.waker != nullptr) it->second.request.waker->notify();
    it = members_.erase(it);
    lost = true;
  }
  if (!lost) return;
  prepare();
  complete_if_all_joined();
}

void Group::complete_if_all_joined() {
  if (!preparing_ || !std::all_of(members_.begin(), members_.end(), [](const auto& m) { return m.second.joined; }))
    return;
  preparing_ = false;
  ++generation_;
  topics_version_ = topics_.version();
  assigned_topics_ = subscribed_topics();
  share_out();
  for (auto& [id, member] : members_) {
    member.generation = generation_;
    member.joined = member.told = false;
    if (member.request.waker != nullptr) member.request.waker->notify();
  }
}

void Group::share_out() {
  std::vector<Claim> claims;
  std::map<TopicPartition, const Member*> holders;
  for (const auto& [id, member] : members_) {
    Claim claim;
    claim.owned = member.owned;
    for (const auto& [topic, count] : assigned_topics_) {
      if (member.request.subscription->matches(topic)) claim.topics.insert(topic);
    }
    claims.push_back(std::move(claim));
    for (const TopicPartition& partition : member.owned) holders.emplace(partition, &member);
  }
  const std::vector<PartitionSet> target = assign_sticky(claims, assigned_topics_);
  std::size_t i = 0;
  for (auto& [id, member] : members_) {
    member.assigned.clear();
    for (const auto& [topic, partitions] : target[i++]) {
      for (const std::int32_t partition : partitions) {
        const TopicPartition p{topic, partition};
        const auto holder = holders.find(p);
        if (holder == holders.end() || holder->second == &member) member.assigned.insert(p);
      }
    }
  }
}

/// Starts a rebalance if topics that somebody subscribes to have come, gone or grown since the last one.
void Group::notify_topic_changes() {
  if (preparing_ || topics_version_ == topics_.version()) return;
  topics_version_ = topics_.version();
  if (subscribed_topics() != assigned_topics_) prepare();
}

std::map<std::string, std::int32_t> Group::subscribed_topics() const {
  std::map<std::string, std::int32_t> subscribed;
  for (const auto& topic : topics_.all()) {
    const bool wanted = std::any_of(members_.begin(), members_.end(),
                                    [&](const auto& m) { return m.second.request.subscription->matches(topic->name); });
    if (wanted) subscribed.emplace(topic->name, static_cast<std::int32_t>(topic->partitions.size()));
  }
  return subscribed;
}

bool Group::fenced(const MemberKey& key) const {
  return !key.instance_id.empty() && std::any_of(members_.begin(), members_.end(), [&](const auto& m) {
    return m.second.request.instance_id == key.instance_id && m.first != key.member_id;
  });
}

Result<std::int32_t> Group::check(const MemberKey& key, Timestamp now) {
  expire(now);
  if (key.member_id.empty() && members_.empty()) return -1;
  if (fenced(key)) {
    return Status(StatusCode::kFenced,
                  "Another member of group " + id_ + " uses the group.instance.id " + key.instance_id);
  }
  const auto found = members_.find(key.member_id);
  if (found == members_.end() || found->second.generation < 0) {
    return Status(StatusCode::kRebalanceInProgress, "'" + key.member_id + "' is not a live member of group " + id_);
  }
  found->second.last_beat = now;
  return found->second.generation;
}

GroupDescription Group::describe() const {
  GroupDescription description;
  description.state = members_.empty() ? "Empty" : preparing_ ? "PreparingRebalance" : "Stable";
  for (const auto& [id, member] : members_) {
    GroupMember shown{id, member.request.client_id, "/127.0.0.1", {}};
    if (!preparing_) shown.assignment.assign(member.assigned.begin(), member.assigned.end());
    description.members.push_back(std::move(shown));
  }
  return description;
}

}  // namespace streams::client::embedded
