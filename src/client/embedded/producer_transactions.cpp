// The transactional half of a producer.
#include "client/embedded/producer.hpp"

#include <utility>

namespace streams::client::embedded {
namespace {

Status wrong_state(const char* what) { return {StatusCode::kInvalidArgument, what}; }

}  // namespace

/// Remembers a failure that ends the transaction or the producer, and says so in its code.
Status EmbeddedProducer::fail(Status status) {
  const bool fenced = status.code() == StatusCode::kFenced;
  state_ = fenced ? State::kFenced : State::kAborting;
  failure_ = {fenced ? StatusCode::kFenced : StatusCode::kAbortable, status.message()};
  return failure_;
}

Status EmbeddedProducer::may_send() const {
  switch (state_) {
    case State::kPlain:
    case State::kOpen:
      return {};
    case State::kAborting:
    case State::kFenced:
      return failure_;
    case State::kNone:
      return wrong_state("The transactional producer is not initialised: call init_transactions");
    case State::kReady:
      return wrong_state("There is no transaction: call begin_transaction");
  }
  return {};
}

Status EmbeddedProducer::init_transactions(int) {
  if (state_ == State::kPlain) return wrong_state("The producer is not transactional: set transactional.id");
  if (state_ == State::kFenced) return failure_;
  if (state_ != State::kNone) return wrong_state("The transactional producer is initialised already");
  cluster_->coordinator.tick();
  session_ = cluster_->coordinator.init_producer(transactional_id_, transaction_timeout_ms_);
  state_ = State::kReady;
  return {};
}

Status EmbeddedProducer::begin_transaction() {
  if (state_ == State::kPlain) return wrong_state("The producer is not transactional: set transactional.id");
  if (state_ == State::kOpen) return wrong_state("A transaction is open already");
  if (state_ != State::kReady) return may_send();
  state_ = State::kOpen;
  return {};
}

Status EmbeddedProducer::enlist(Target& to) {
  Status status = cluster_->coordinator.add_partition(session_, to.log);
  return status.ok() ? status : fail(std::move(status));
}

Status EmbeddedProducer::send_offsets(const std::vector<OffsetAndMetadata>& offsets, const GroupMetadata& group, int) {
  if (state_ == State::kPlain) return wrong_state("The producer is not transactional: set transactional.id");
  if (state_ != State::kOpen) return may_send();
  const std::optional<Membership> membership = decode_membership(group.opaque);
  if (!membership) return wrong_state("The group metadata was not made by a consumer of this cluster");
  cluster_->coordinator.tick();
  Status status = cluster_->coordinator.add_offsets(session_, *membership, offsets);
  return status.ok() ? status : fail(std::move(status));
}

Status EmbeddedProducer::commit_transaction(int) {
  if (state_ == State::kPlain) return wrong_state("The producer is not transactional: set transactional.id");
  if (state_ != State::kOpen) return may_send();
  return end(true);
}

Status EmbeddedProducer::abort_transaction(int) {
  if (state_ == State::kPlain) return wrong_state("The producer is not transactional: set transactional.id");
  if (state_ != State::kOpen && state_ != State::kAborting) return may_send();
  return end(false);
}

Status EmbeddedProducer::end(bool commit) {
  cluster_->coordinator.tick();
  if (Status status = cluster_->coordinator.end_transaction(session_, commit); !status.ok())
    return fail(std::move(status));
  state_ = State::kReady;
  failure_ = {};
  for (auto& [topic, targets] : targets_) {
    for (Target& target : targets) {
      if (commit && target.pending >= 0) target.acked = target.pending;
      target.pending = -1;
    }
  }
  return {};
}

}  // namespace streams::client::embedded
