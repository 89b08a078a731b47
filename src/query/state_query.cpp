// Choosing the partitions that answer, and noting how far they have come.
#include <query/state_query.hpp>

#include <query/local_reader.hpp>
#include <query/open_store.hpp>

#include <algorithm>
#include <utility>

namespace streams::query {

namespace {

using detail::QueryTarget;
using detail::QueryTargets;

/// One target for each task of the thread that has the store.
void add_targets(QueryTargets& out, const runtime::ClientRuntime& client, runtime::ThreadStores& thread,
                 const std::string& store, const std::optional<std::set<std::int32_t>>& partitions, bool require_active,
                 bool skip_cache) {
  const ThreadState state = thread.state();
  if (state == ThreadState::kDead) return;
  const runtime::ThreadStores::Reading reading(thread);
  for (const auto& task : reading.tasks_with(store)) {
    const std::int32_t partition = task.id.partition;
    if (partitions && !partitions->contains(partition)) continue;
    QueryTarget& target = out.targets.emplace_back();
    target.partition = partition;
    const bool standby = task.role == runtime::ThreadStores::Role::kStandby;
    const bool runs = task.role == runtime::ThreadStores::Role::kRuns && state == ThreadState::kRunning;
    if (require_active && !runs) {
      target.failure = FailureReason::kNotActive;
      target.failure_message = "Partition " + std::to_string(partition) + " of store " + store + " is not active: " +
                               (standby ? "this instance has a standby replica of it. Ask query_metadata_for_key()."
                                        : "its thread is " + std::string(name_of(state)) + ". Try again later.");
      continue;
    }
    target.reader = make_local_reader(client.stores(), {store, partition, !require_active, skip_cache});
  }
}

}  // namespace

QueryTargets query_targets(const runtime::ClientRuntime& client, const std::string& store,
                           const std::optional<std::set<std::int32_t>>& partitions, bool require_active,
                           bool skip_cache) {
  check_known(client, store);
  check_answers(client.stores()->state(), store);
  QueryTargets out;
  out.store = readable_store(client, store, nullptr);
  out.global = is_global(client, store);
  if (!out.global) {
    for (const auto& thread : client.stores()->threads())
      add_targets(out, client, *thread, store, partitions, require_active, skip_cache);
  }
  if (!partitions) return out;
  for (const std::int32_t partition : *partitions) {
    const bool there = std::any_of(out.targets.begin(), out.targets.end(),
                                   [&](const QueryTarget& target) { return target.partition == partition; });
    if (there) continue;
    QueryTarget& target = out.targets.emplace_back();
    target.partition = partition;
    target.failure = FailureReason::kNotPresent;
    target.failure_message = "Partition " + std::to_string(partition) + " of store " + store +
                             " is not on this instance. Ask metadata_for_store() or query_metadata_for_key().";
  }
  return out;
}

}  // namespace streams::query

namespace streams {

std::string_view name_of(FailureReason reason) {
  switch (reason) {
    case FailureReason::kUnknownQueryType:
      return "UNKNOWN_QUERY_TYPE";
    case FailureReason::kNotActive:
      return "NOT_ACTIVE";
    case FailureReason::kNotUpToBound:
      return "NOT_UP_TO_BOUND";
    case FailureReason::kNotPresent:
      return "NOT_PRESENT";
    case FailureReason::kDoesNotExist:
      return "DOES_NOT_EXIST";
    case FailureReason::kStoreException:
      break;
  }
  return "STORE_EXCEPTION";
}

namespace detail {

namespace {

class NotingReader final : public StoreReader {
 public:
  NotingReader(std::shared_ptr<const StoreReader> reader, PositionBound bound, std::shared_ptr<QueryNotes> notes)
      : reader_(std::move(reader)), bound_(std::move(bound)), notes_(std::move(notes)) {}

  bool find(const std::function<bool(const LocalStore&)>& look) const override {
    return reader_->find([&](const LocalStore& store) { return permitted(*notes_, bound_, store) && look(store); });
  }
  std::unique_ptr<RowWalk> scan(std::function<std::unique_ptr<RowWalk>(const LocalStore&)> open) const override {
    return reader_->scan([notes = notes_, bound = bound_, open = std::move(open)](const LocalStore& store) {
      return permitted(*notes, bound, store) ? open(store) : nullptr;
    });
  }

 private:
  static bool permitted(QueryNotes& notes, const PositionBound& bound, const LocalStore& store) {
    notes.position = store.position();
    notes.refused = !bound.permits(notes.position, store.partition);
    return !notes.refused;
  }

  const std::shared_ptr<const StoreReader> reader_;
  const PositionBound bound_;
  const std::shared_ptr<QueryNotes> notes_;
};

std::string text_of(const Position& position) {
  std::string out;
  for (const auto& [topic, partitions] : position.topics()) {
    for (const auto& [partition, offset] : partitions)
      out += (out.empty() ? "" : ", ") + topic + "-" + std::to_string(partition) + "@" + std::to_string(offset);
  }
  return out.empty() ? "nothing" : out;
}

}  // namespace

std::shared_ptr<const StoreReader> noting_reader(std::shared_ptr<const StoreReader> reader, PositionBound bound,
                                                 std::shared_ptr<QueryNotes> notes) {
  return std::make_shared<NotingReader>(std::move(reader), std::move(bound), std::move(notes));
}

std::string query_failure(FailureReason& reason) {
  try {
    throw;
  } catch (const StreamsRebalancing& error) {
    reason = FailureReason::kNotActive;
    return error.what();
  } catch (const InvalidStateStore& error) {  // it went between the choice and the question
    reason = FailureReason::kNotPresent;
    return error.what();
  } catch (const std::exception& error) {
    reason = FailureReason::kStoreException;
    return error.what();
  }
}

std::string not_up_to_bound(const QueryTarget& target, const Position& position) {
  return "Partition " + std::to_string(target.partition) + " has processed " + text_of(position) +
         ", which is not as far as the bound asks for. Try again later.";
}

}  // namespace detail
}  // namespace streams
