// A consumer's membership in its group: subscription, rebalances, committed offsets.
#include "client/embedded/consumer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace streams::client::embedded {
namespace {

using Partitions = std::vector<TopicPartition>;

Partitions difference(const std::set<TopicPartition>& a, const std::set<TopicPartition>& b) {
  Partitions result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

Result<std::shared_ptr<const Subscription>> parse(const std::vector<std::string>& topics) {
  auto subscription = std::make_shared<Subscription>();
  for (const std::string& topic : topics) {
    if (topic.empty()) return Status(StatusCode::kInvalidArgument, "Cannot subscribe to a topic without name");
    if (topic.front() != '^') {
      subscription->names.insert(topic);
      continue;
    }
    try {
      subscription->patterns.emplace_back(topic);
    } catch (const std::regex_error& error) {
      return Status(StatusCode::kInvalidArgument,
                    "Cannot subscribe to '" + topic + "', no regular expression: " + error.what());
    }
  }
  if (topics.empty()) return Status(StatusCode::kInvalidArgument, "Cannot subscribe to no topic at all");
  return std::shared_ptr<const Subscription>(std::move(subscription));
}

Status no_group() { return {StatusCode::kInvalidArgument, "The consumer has no group: set group.id"}; }

Status not_a_member(const std::string& group) {
  return {StatusCode::kRebalanceInProgress,
          "The consumer is not a member of group " + group + " yet, or no more: poll"};
}

}  // namespace

Status EmbeddedConsumer::subscribe(const std::vector<std::string>& topics, RebalanceListener& listener) {
  if (member_.group.empty()) return no_group();
  auto subscription = parse(topics);
  if (!subscription.ok()) return subscription.status();
  join_.subscription = std::move(subscription).value();
  listener_ = &listener;
  missing_.clear();
  topics_version_ = -1;
  if (!member_.member_id.empty()) cluster_->coordinator.rejoin(member_, join_.subscription);
  return {};
}

/// Takes part in the group as far as it goes without waiting; true if the listener was told something.
bool EmbeddedConsumer::serve_group(std::vector<ConsumerError>& errors) {
  if (listener_ == nullptr || fenced_) return false;
  const std::size_t known_errors = errors.size();
  report_missing_topics(errors);
  bool happened = errors.size() != known_errors;
  for (;; happened = true) {
    if (member_.member_id.empty()) member_.member_id = cluster_->coordinator.join(member_.group, join_);
    const Beat beat = cluster_->coordinator.beat(member_, owned_);
    switch (beat.result) {
      case BeatResult::kNothing:
        return happened;
      case BeatResult::kAssignment:
        take_assignment(beat.assignment);
        break;
      case BeatResult::kUnknownMember:
        lose_membership();
        break;
      case BeatResult::kFencedInstance:
        lose_membership();
        fenced_ = true;
        errors.push_back({{},
                          {StatusCode::kFenced, "Another consumer of group " + member_.group +
                                                    " uses the group.instance.id " + member_.instance_id}});
        return true;
    }
  }
}

void EmbeddedConsumer::take_assignment(const std::set<TopicPartition>& assignment) {
  const Partitions revoked = difference(owned_, assignment);
  const Partitions added = difference(assignment, owned_);
  if (!revoked.empty()) listener_->on_revoked(revoked);
  owned_ = assignment;
  listener_->on_assigned(added);
  if (!revoked.empty()) cluster_->coordinator.rejoin(member_);
}

void EmbeddedConsumer::lose_membership() {
  member_.member_id.clear();
  const Partitions lost(owned_.begin(), owned_.end());
  owned_.clear();
  if (!lost.empty()) listener_->on_lost(lost);
}

void EmbeddedConsumer::leave_group(Leaving leaving) {
  if (member_.member_id.empty()) return;
  if (!cluster_->coordinator.has_member(member_)) return lose_membership();
  const Partitions revoked(owned_.begin(), owned_.end());
  if (!revoked.empty()) listener_->on_revoked(revoked);
  owned_.clear();
  const bool remains = leaving == Leaving::kUsual ? !member_.instance_id.empty() : leaving == Leaving::kRemain;
  if (remains)
    cluster_->coordinator.detach(member_);
  else
    cluster_->coordinator.leave(member_);
  member_.member_id.clear();
}

void EmbeddedConsumer::report_missing_topics(std::vector<ConsumerError>& errors) {
  if (topics_version_ == cluster_->topics.version()) return;
  topics_version_ = cluster_->topics.version();
  for (const std::string& name : join_.subscription->names) {
    if (cluster_->topics.find(name))
      missing_.erase(name);
    else if (missing_.insert(name).second)
      errors.push_back({{name, -1}, unknown_topic(name)});
  }
}

Result<std::vector<OffsetAndMetadata>> EmbeddedConsumer::committed(const Partitions& partitions, int timeout_ms) {
  using std::chrono::steady_clock;
  if (member_.group.empty()) return no_group();
  Coordinator& coordinator = cluster_->coordinator;
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  const bool stable = isolation_ == Isolation::kReadCommitted;
  coordinator.watch_transactions(waker_);
  std::optional<std::vector<OffsetAndMetadata>> offsets;
  for (;;) {
    waker_.reset();
    coordinator.tick();
    offsets = coordinator.committed(member_.group, partitions, stable);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    if (offsets || timeout_ms <= 0 || left.count() <= 0) break;
    waker_.wait(std::min(left, kLongestWait));
  }
  coordinator.unwatch_transactions(waker_);
  if (offsets) return *std::move(offsets);
  return Status(StatusCode::kTimedOut,
                "An open transaction is about to change committed offsets of group " + member_.group);
}

Status EmbeddedConsumer::commit(const std::vector<OffsetAndMetadata>& offsets) {
  if (member_.group.empty()) return no_group();
  if (listener_ != nullptr && member_.member_id.empty()) return not_a_member(member_.group);
  return cluster_->coordinator.commit(member_, offsets);
}

Result<GroupMetadata> EmbeddedConsumer::group_metadata() {
  if (member_.group.empty()) return no_group();
  if (member_.member_id.empty()) return not_a_member(member_.group);
  const Result<std::int32_t> generation = cluster_->coordinator.generation(member_);
  if (!generation.ok()) return generation.status();
  return GroupMetadata{encode({member_, generation.value()})};
}

}  // namespace streams::client::embedded
