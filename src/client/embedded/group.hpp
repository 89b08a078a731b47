// A consumer group: members, generations, the assignment and the committed offsets.
//
// 1. Guarded by the coordinator's lock, all of it.
// 2. A rebalance waits until every member has joined it or has timed out; then the generation moves on and the
// partitions are
//    shared out. A partition that another member holds is not given before that member has joined without it.
// 3. A member is in the group only as long as it has joined every generation; the others are removed, not outdated.
#pragma once

#include "client/embedded/assignor.hpp"
#include "client/embedded/topics.hpp"

#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace streams::client::embedded {

/// Topics by name and by pattern.
struct Subscription {
  std::set<std::string> names;
  std::vector<std::regex> patterns;
  bool matches(const std::string& topic) const;
};

/// What a consumer joins a group with.
struct JoinRequest {
  std::string client_id;
  std::string instance_id;  ///< empty: not static
  Timestamp session_timeout_ms = 0;
  std::shared_ptr<const Subscription> subscription;
  Waker* waker = nullptr;
};

/// What identifies a member in a request.
struct MemberKey {
  std::string group;
  std::string member_id;
  std::string instance_id;
};

enum class BeatResult { kNothing, kAssignment, kUnknownMember, kFencedInstance };

struct Beat {
  BeatResult result = BeatResult::kNothing;
  std::set<TopicPartition> assignment;
};

struct StoredOffset {
  std::int64_t offset = -1;
  std::string metadata;
};

class Group {
 public:
  Group(std::string id, const Topics& topics) : id_(std::move(id)), topics_(topics) {}

  /// Adds a member under a new id, and starts a rebalance. A static member that comes back takes its old place instead.
  void join(const std::string& member_id, const JoinRequest& request, Timestamp now);
  /// A sign of life. Joins the rebalance under way with what is `owned`, and hands out the assignment once it is there.
  Beat beat(const MemberKey& member, const std::set<TopicPartition>& owned, Timestamp now);
  /// Starts a rebalance, because the member gave partitions back or (not null) subscribes to something else.
  void rejoin(const std::string& member_id, std::shared_ptr<const Subscription> subscription);
  void leave(const std::string& member_id);
  /// The client is gone, the member stays until its session ends.
  void detach(const std::string& member_id);

  /// The member's generation, if it may commit. An empty member id may where nobody is a member.
  Result<std::int32_t> check(const MemberKey& member, Timestamp now);
  /// Removes members whose session is over.
  void expire(Timestamp now);

  bool has_member(const std::string& member_id) const { return members_.contains(member_id); }
  bool empty() const { return members_.empty(); }
  GroupDescription describe() const;

  std::map<TopicPartition, StoredOffset> offsets;

 private:
  struct Member {
    JoinRequest request;
    Timestamp last_beat = 0;
    std::set<TopicPartition> owned;  ///< as of the last join
    std::set<TopicPartition> assigned;
    std::int32_t generation = -1;  ///< the last one it joined; only a new member's is not the group's
    bool joined = false;           ///< the rebalance under way
    bool told = true;              ///< has been handed the assignment of this generation
  };

  void prepare();
  void complete_if_all_joined();
  void share_out();
  void notify_topic_changes();
  std::map<std::string, std::int32_t> subscribed_topics() const;
  bool replace_static(const std::string& member_id, const JoinRequest& request, Timestamp now);
  bool fenced(const MemberKey& member) const;

  const std::string id_;
  const Topics& topics_;
  std::map<std::string, Member> members_;
  std::int32_t generation_ = 0;
  bool preparing_ = false;
  Timestamp next_expiry_ = 0;  ///< no session ends before
  std::int64_t topics_version_ = -1;
  std::map<std::string, std::int32_t> assigned_topics_;  ///< what the last assignment was made of
};

}  // namespace streams::client::embedded
