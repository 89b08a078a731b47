// The coordinator's transactions: epochs, registration of partitions and offsets, markers.
#include "client/embedded/coordinator.hpp"

#include <algorithm>
#include <utility>

namespace streams::client::embedded {

Bytes encode(const Membership& membership) {
  Bytes out;
  streams::detail::append_big_endian(out, membership.generation);
  for (const std::string* text :
       {&membership.member.group, &membership.member.member_id, &membership.member.instance_id}) {
    streams::detail::append_big_endian(out, static_cast<std::int32_t>(text->size()));
    out += *text;
  }
  return out;
}

std::optional<Membership> decode_membership(BytesView bytes) {
  constexpr std::size_t kLength = sizeof(std::int32_t);
  Membership membership;
  if (bytes.size() < kLength) return std::nullopt;
  membership.generation = streams::detail::read_big_endian<std::int32_t>(bytes);
  bytes.remove_prefix(kLength);
  for (std::string* text : {&membership.member.group, &membership.member.member_id, &membership.member.instance_id}) {
    if (bytes.size() < kLength) return std::nullopt;
    const auto size = streams::detail::read_big_endian<std::uint32_t>(bytes);
    bytes.remove_prefix(kLength);
    if (bytes.size() < size) return std::nullopt;
    *text = bytes.substr(0, size);
    bytes.remove_prefix(size);
  }
  return bytes.empty() ? std::optional(std::move(membership)) : std::nullopt;
}

ProducerSession Coordinator::init_producer(const std::string& name, Timestamp timeout_ms) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<TransactionalId>& id = transactional_ids_[name];
  if (!id) {
    id = std::make_shared<TransactionalId>();
    id->name = name;
    id->producer_id = next_producer_id_++;
  }
  const std::int32_t epoch = id->epoch.fetch_add(1) + 1;
  end(*id, false);
  id->timeout_ms = timeout_ms;
  return {id, epoch};
}

Status Coordinator::check_epoch(const ProducerSession& session) const {
  if (session.fence().passes()) return {};
  return {StatusCode::kFenced, "The producer was fenced: another one with transactional.id '" + session.id->name +
                                   "' took over, or its transaction outlived transaction.timeout.ms"};
}

void Coordinator::open(TransactionalId& id) {
  if (id.open) return;
  id.open = true;
  id.deadline = clock_.now_ms() + id.timeout_ms;
  next_deadline_.store(std::min(next_deadline_.load(), id.deadline));
}

Status Coordinator::add_partition(const ProducerSession& session, const std::shared_ptr<PartitionLog>& log) {
  const std::lock_guard lock(mutex_);
  if (Status status = check_epoch(session); !status.ok()) return status;
  open(*session.id);
  auto& logs = session.id->logs;
  if (std::find(logs.begin(), logs.end(), log) == logs.end()) logs.push_back(log);
  return {};
}

Status Coordinator::add_offsets(const ProducerSession& session, const Membership& membership,
                                const std::vector<OffsetAndMetadata>& offsets) {
  const std::lock_guard lock(mutex_);
  if (Status status = check_epoch(session); !status.ok()) return status;
  const Result<std::int32_t> generation = group(membership.member.group).check(membership.member, clock_.now_ms());
  if (!generation.ok()) return {StatusCode::kAbortable, generation.status().message()};
  if (generation.value() != membership.generation) {
    return {StatusCode::kAbortable, "Generation " + std::to_string(membership.generation) + " of group " +
                                        membership.member.group + " is outdated: it is at " +
                                        std::to_string(generation.value())};
  }
  open(*session.id);
  auto& pending = session.id->offsets[membership.member.group];
  for (const OffsetAndMetadata& o : offsets) pending[o.partition] = {o.offset, o.metadata};
  return {};
}

Status Coordinator::end_transaction(const ProducerSession& session, bool commit) {
  const std::lock_guard lock(mutex_);
  if (Status status = check_epoch(session); !status.ok()) return status;
  end(*session.id, commit);
  return {};
}

void Coordinator::end(TransactionalId& id, bool commit) {
  if (!id.open) return;
  id.open = false;
  for (const auto& log : id.logs) log->end_transaction(id.producer_id, commit);
  if (commit) {
    for (auto& [name, offsets] : id.offsets) {
      Group& to = group(name);
      for (auto& [partition, offset] : offsets) to.offsets[partition] = std::move(offset);
    }
  }
  id.logs.clear();
  id.offsets.clear();
  for (Waker* waker : transaction_watchers_) waker->notify();
}

void Coordinator::abort_overdue(Timestamp now) {
  const std::lock_guard lock(mutex_);
  Timestamp next = std::numeric_limits<Timestamp>::max();
  for (const auto& [name, id] : transactional_ids_) {
    if (id->open && id->deadline <= now) {
      id->epoch.fetch_add(1);
      end(*id, false);
    }
    if (id->open) next = std::min(next, id->deadline);
  }
  next_deadline_.store(next);
}

}  // namespace streams::client::embedded
