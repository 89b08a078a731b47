// The group and transaction coordinator of the embedded cluster.
//
// 1. One lock guards all groups and the state of all transactions; it is taken once per poll, commit or first send to a
//    partition, never per record.
// 2. A producer is fenced by its epoch, which moves on before the markers of its open transaction are written: an
// append
//    that the markers did not see comes too late (PartitionLog checks the epoch under its own lock).
// 3. Transactions that are over time are aborted by whoever calls next; tick() is cheap where there are none.
#pragma once

#include "client/embedded/group.hpp"

#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace streams::client::embedded {

/// What is known of a transactional.id.
struct TransactionalId {
  std::string name;
  std::int64_t producer_id = 0;
  std::atomic<std::int32_t> epoch{-1};
  // Guarded by the coordinator's lock:
  bool open = false;
  Timestamp timeout_ms = 0;
  Timestamp deadline = 0;
  std::vector<std::shared_ptr<PartitionLog>> logs;
  std::map<std::string, std::map<TopicPartition, StoredOffset>> offsets;  ///< by group
};

/// One producer's claim on a transactional.id.
struct ProducerSession {
  std::shared_ptr<TransactionalId> id;
  std::int32_t epoch = -1;
  Fence fence() const { return {&id->epoch, epoch}; }
};

/// The membership that a transaction's offsets are fenced by: GroupMetadata::opaque.
struct Membership {
  MemberKey member;
  std::int32_t generation = -1;
};
Bytes encode(const Membership& membership);
/// Nothing if the bytes are no membership.
std::optional<Membership> decode_membership(BytesView bytes);

class Coordinator {
 public:
  Coordinator(const Topics& topics, const Clock& clock) : topics_(topics), clock_(clock) {}

  /// Returns the new member's id.
  std::string join(const std::string& group, const JoinRequest& request);
  Beat beat(const MemberKey& member, const std::set<TopicPartition>& owned);
  void rejoin(const MemberKey& member, std::shared_ptr<const Subscription> subscription = nullptr);
  void leave(const MemberKey& member);
  /// The client is gone, the member keeps its place until its session ends.
  void detach(const MemberKey& member);
  bool has_member(const MemberKey& member);
  /// The live member's generation; kRebalanceInProgress or kFenced.
  Result<std::int32_t> generation(const MemberKey& member);
  Status commit(const MemberKey& member, const std::vector<OffsetAndMetadata>& offsets);
  /// Nothing if `stable` is asked for and an open transaction is about to change one of them.
  std::optional<std::vector<OffsetAndMetadata>> committed(const std::string& group,
                                                          const std::vector<TopicPartition>& partitions, bool stable);
  /// Has a waker notified whenever a transaction ends.
  void watch_transactions(Waker& waker);
  void unwatch_transactions(Waker& waker);
  GroupDescription describe(const std::string& group);
  Status delete_group(const std::string& group);
  /// Drops what groups committed for a topic that is deleted.
  void forget_topic(const std::string& topic);

  /// Fences earlier producers of that id and aborts their open transaction.
  ProducerSession init_producer(const std::string& transactional_id, Timestamp timeout_ms);
  Status add_partition(const ProducerSession& session, const std::shared_ptr<PartitionLog>& log);
  Status add_offsets(const ProducerSession& session, const Membership& membership,
                     const std::vector<OffsetAndMetadata>& offsets);
  Status end_transaction(const ProducerSession& session, bool commit);
  /// Aborts transactions that are over time.
  void tick() {
    const Timestamp now = clock_.now_ms();
    if (now >= next_deadline_.load(std::memory_order_relaxed)) abort_overdue(now);
  }

 private:
  Group& group(const std::string& name);
  Group* find(const std::string& name);
  Status check_epoch(const ProducerSession& session) const;
  void open(TransactionalId& id);
  void end(TransactionalId& id, bool commit);
  void abort_overdue(Timestamp now);

  const Topics& topics_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Group> groups_;
  std::map<std::string, std::shared_ptr<TransactionalId>> transactional_ids_;
  std::vector<Waker*> transaction_watchers_;
  std::int64_t next_member_ = 1;
  std::int64_t next_producer_id_ = 1;
  std::atomic<Timestamp> next_deadline_{std::numeric_limits<Timestamp>::max()};  ///< no transaction is overdue before
};

}  // namespace streams::client::embedded
