// Making, restoring and committing a task's stores.
#include <runtime/store_host.hpp>

#include <state/record_cache.hpp>

#include <algorithm>
#include <utility>

namespace streams::runtime {

using streams::detail::StoreKind;
using streams::detail::StoreSpec;

namespace {

std::string offset_key(const client::TopicPartition& partition) {
  return partition.topic + "-" + std::to_string(partition.partition);
}

/// Whether restoring a row needs the headers of its changelog record.
bool wants_headers(const StoreSpec& spec) {
  return spec.kind == StoreKind::kOther || spec.format == state::ValueFormat::kTimestampedHeaders ||
         spec.format == state::ValueFormat::kHeaders;
}

state::WindowSpec window_spec(const StoreSpec& spec) {
  state::WindowSpec out;
  out.retention_ms = spec.retention_ms;
  out.window_ms = spec.window_ms;
  out.segment_interval_ms = spec.segment_interval_ms;
  out.retain_duplicates = spec.retain_duplicates;
  out.logs_headers = spec.logs_headers;
  out.exact_expiry = !spec.persistent;
  out.time_ordered = spec.time_ordered;
  out.cache_index = spec.time_ordered && spec.persistent && spec.format == state::ValueFormat::kTimestampedHeaders;
  out.keep_timestamps = spec.keep_timestamps;
  return out;
}

state::SessionSpec session_spec(const StoreSpec& spec) {
  state::SessionSpec out;
  out.retention_ms = spec.retention_ms;
  out.segment_interval_ms = spec.segment_interval_ms;
  out.exact_expiry = !spec.persistent;
  out.time_ordered = spec.time_ordered;
  return out;
}

}  // namespace

std::unique_ptr<state::KeyValueBytes> make_key_value_rows(state::ByteStore& rows, const StoreSpec& spec,
                                                          const state::StoreContext& context) {
  if (spec.max_entries > 0) return state::make_lru_map(rows, spec.format, spec.max_entries, context);
  return state::make_key_value_store(rows, spec.format, context, spec.keep_timestamps);
}

std::unique_ptr<state::WindowBytes> make_window_rows(state::ByteStore& rows, const StoreSpec& spec,
                                                     const state::StoreContext& context) {
  return state::make_window_store(rows, window_spec(spec), spec.format, context);
}

std::unique_ptr<state::SessionBytes> make_session_rows(state::ByteStore& rows, const StoreSpec& spec,
                                                       const state::StoreContext& context) {
  return state::make_session_store(rows, session_spec(spec), spec.format, context);
}

std::unique_ptr<state::VersionedBytes> make_versioned_rows(state::ByteStore& rows, const StoreSpec& spec,
                                                           const state::StoreContext& context) {
  return state::make_versioned_store(rows, {spec.retention_ms, spec.segment_interval_ms}, context);
}

bool has_cache(const StoreSpec& spec, const std::shared_ptr<state::RecordCache>& cache) {
  return spec.caching && cache && !spec.retain_duplicates;
}

std::unique_ptr<state::KeyValueBytes> with_cache(std::unique_ptr<state::KeyValueBytes> rows, const StoreSpec& spec,
                                                 const std::shared_ptr<state::RecordCache>& cache,
                                                 const std::string& name, RecordContext& record) {
  return has_cache(spec, cache) ? state::make_caching(std::move(rows), cache, name, record) : std::move(rows);
}

std::unique_ptr<state::WindowBytes> with_cache(std::unique_ptr<state::WindowBytes> rows, const StoreSpec& spec,
                                               const std::shared_ptr<state::RecordCache>& cache,
                                               const std::string& name, RecordContext& record) {
  if (!has_cache(spec, cache)) return rows;
  return state::make_caching(std::move(rows), window_spec(spec), cache, name, record);
}

std::unique_ptr<state::SessionBytes> with_cache(std::unique_ptr<state::SessionBytes> rows, const StoreSpec& spec,
                                                const std::shared_ptr<state::RecordCache>& cache,
                                                const std::string& name, RecordContext& record) {
  if (!has_cache(spec, cache)) return rows;
  return state::make_caching(std::move(rows), session_spec(spec), cache, name, record);
}

/// Writes a store's changelog records to the task's partition of its topic.
class StoreHostImpl::Changelog final : public state::Changelog {
 public:
  Changelog(RecordCollector& collector, client::TopicPartition to) : collector_(collector), to_(std::move(to)) {}

  void log(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    client::ProducerRecord record;
    record.topic = to_.topic;
    record.partition = to_.partition;
    record.key = key;
    record.value = value;
    record.timestamp = timestamp;
    record.headers = &headers;
    collector_.log_change(record);
  }

 private:
  RecordCollector& collector_;
  client::TopicPartition to_;
};

StoreHostImpl::StoreHostImpl(const StoreHostServices& services, std::vector<std::string> names)
    : services_(services), cache_metrics_(services.task.metrics) {
  for (std::string& name : names) {
    Slot slot;
    slot.spec = &services_.plan.store(name);
    slot.name = std::move(name);
    slots_.push_back(std::move(slot));
  }
}

StoreHostImpl::~StoreHostImpl() = default;

void StoreHostImpl::open() {
  for (Slot& slot : slots_) {
    register_changelog(slot);
    if (!slot.spec->make) throw TopologyError("Invalid topology: StateStore " + slot.name + " has no factory.");
    slot.store = slot.spec->make(*slot.spec);
    if (!slot.store) throw NullArgument("The factory of StateStore " + slot.name + " gave null.");
    slot.store->open(*this);
    if (!slot.has_storage && slot.changelog_index) {
      changelogs_[*slot.changelog_index].next_offset = client::PartitionStart::kEarliest;
    }
  }
}

void StoreHostImpl::register_changelog(Slot& slot) {
  const std::string planned = services_.plan.changelog_topic(slot.name);
  if (planned.empty()) return;
  ChangelogPartition changelog;
  changelog.store = slot.name;
  changelog.is_source_topic = services_.plan.changelog_is_source_topic(slot.name);
  changelog.partition.partition = services_.id.partition;
  changelog.partition.topic = changelog.is_source_topic
                                  ? services_.plan.full_topic_name(planned, services_.settings.application_id)
                                  : changelog_topic(slot.name);
  if (const auto& database = slot.spec->persistent ? services_.task.persistent : services_.task.in_memory) {
    const auto found = database->offsets().find(offset_key(changelog.partition));
    if (found != database->offsets().end()) changelog.next_offset = found->second + 1;
  }
  if (!changelog.is_source_topic)
    slot.changelog = std::make_unique<Changelog>(services_.collector, changelog.partition);
  slot.changelog_index = changelogs_.size();
  changelogs_.push_back(std::move(changelog));
}

StateStore* StoreHostImpl::find(const std::string& name) const {
  for (const Slot& slot : slots_) {
    if (slot.name == name) return slot.store.get();
  }
  return nullptr;
}

streams::detail::StoreRows StoreHostImpl::rows(const std::string& name) const {
  for (const Slot& slot : slots_) {
    if (slot.name == name && slot.store) return slot.rows;
  }
  return {};
}

void StoreHostImpl::flush() {
  std::exception_ptr first;
  const auto keep = [&](const TaskError& error) {
    if (!first) first = std::make_exception_ptr(error);
  };
  for (Slot& slot : slots_) {
    const std::string what = "Failed to flush state store " + slot.name;
    try {
      slot.store->flush();
    } catch (const FailedProcessing& error) {
      const std::string own = error.what();
      keep(TaskError(what + ": processor " + error.node + ": " + (own.empty() ? message_of(error.cause) : own),
                     error.cause));
    } catch (const TaskError& error) {
      keep(error);
    } catch (const TaskMigrated&) {
      throw;
    } catch (const TaskCorrupted&) {
      throw;
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      keep(TaskError(what + ": " + message_of(error), error));
    }
  }
  if (first) std::rethrow_exception(first);
}

void StoreHostImpl::close() {
  for (Slot& slot : slots_) {
    slot.rows = {};
    if (slot.store) slot.store->close();
    slot.store.reset();
    slot.sensors.reset();
  }
}

void StoreHostImpl::restore(std::size_t index, const client::RecordBatch& batch) {
  ChangelogPartition& changelog = changelogs_[index];
  Slot& to = slot(changelog.store);
  const bool with_headers = wants_headers(*to.spec);
  const std::int64_t begin_ns = to.sensors ? services_.task.clock->now_ns() : 0;
  for (const client::ConsumerRecord& record : batch.records()) {
    if (!record.key) continue;
    if (with_headers) {
      to.store->restore(*record.key, record.value, record.timestamp, batch.headers(record));
    } else {
      to.store->restore(*record.key, record.value, record.timestamp, RecordContext::kNoHeaders);
    }
  }
  if (batch.records().empty()) return;
  changelog.next_offset = batch.records().back().offset + 1;
  services_.metrics.restored.add(batch.records().size());
  if (to.sensors) to.sensors->restored(begin_ns);
  if (storage_) storage_->record_if_due(services_.task.clock->now_ms());
}

void StoreHostImpl::advance_changelogs(const std::function<std::int64_t(const client::TopicPartition&)>& consumed) {
  for (ChangelogPartition& changelog : changelogs_) {
    const std::int64_t last = changelog.is_source_topic ? consumed(changelog.partition)
                                                        : services_.task.output->acked_offset(changelog.partition);
    changelog.next_offset = std::max(changelog.next_offset, last >= 0 ? last + 1 : changelog.next_offset);
  }
}

std::map<std::string, std::int64_t> StoreHostImpl::offsets(bool persistent) const {
  std::map<std::string, std::int64_t> out;
  for (const Slot& slot : slots_) {
    if (!slot.changelog_index || !slot.has_storage || slot.spec->persistent != persistent) continue;
    const ChangelogPartition& changelog = changelogs_[*slot.changelog_index];
    if (changelog.next_offset > 0) out[offset_key(changelog.partition)] = changelog.next_offset - 1;
  }
  return out;
}

Status StoreHostImpl::commit() {
  if (services_.task.persistent) {
    if (Status status = services_.task.persistent->commit(offsets(true)); !status.ok()) return status;
    if (storage_) storage_->record(services_.task.clock->now_ms());
  }
  if (services_.task.in_memory) return services_.task.in_memory->commit(offsets(false));
  return {};
}

Status StoreHostImpl::commit_restored(bool done) {
  if (services_.task.persistent) {
    if (Status status = services_.task.persistent->commit_restored(offsets(true), done); !status.ok()) return status;
    if (storage_) storage_->record(services_.task.clock->now_ms());
  }
  if (services_.task.in_memory) return services_.task.in_memory->commit(offsets(false));
  return {};
}

void StoreHostImpl::discard() {
  if (services_.task.persistent) services_.task.persistent->discard();
  if (services_.task.in_memory) services_.task.in_memory->discard();
}

std::size_t StoreHostImpl::uncommitted_bytes() const {
  std::size_t sum = 0;
  if (services_.task.persistent) sum += services_.task.persistent->uncommitted_bytes();
  if (services_.task.in_memory) sum += services_.task.in_memory->uncommitted_bytes();
  return sum;
}

StoreHostImpl::Slot& StoreHostImpl::slot(const std::string& name) {
  for (Slot& slot : slots_) {
    if (slot.name == name) return slot;
  }
  throw InvalidStateStore("StateStore " + name + " does not belong to task " + services_.id.text() + ".");
}

state::StateDatabase& StoreHostImpl::database(const StoreSpec& spec) const {
  const auto& database = spec.persistent ? services_.task.persistent : services_.task.in_memory;
  if (database) return *database;
  throw InvalidStateStore("Task " + services_.id.text() + " was given no " +
                          (spec.persistent ? "persistent" : "in-memory") + " state database, but StateStore " +
                          spec.name + " needs one.");
}

state::StoreContext StoreHostImpl::context(const Slot& slot) const {
  TaskMetrics& metrics = services_.metrics;
  return {services_.record, [&metrics] { metrics.dropped.add(); }, slot.changelog.get(), slot.name};
}

bool StoreHostImpl::cached(const StoreSpec& spec) const { return has_cache(spec, services_.task.cache); }

template <class Rows>
std::unique_ptr<Rows> StoreHostImpl::metered(Slot& slot, std::unique_ptr<Rows> rows) {
  if (services_.task.metrics == nullptr) return rows;
  slot.sensors = std::make_unique<StoreSensors>(services_.task, services_.id.text(), *slot.spec, services_.now_ms);
  if (slot.spec->persistent) {
    const state::StateDatabase& rows_in = database(*slot.spec);
    slot.sensors->add_storage(rows_in, slot.name, storage(rows_in));
  }
  if (cached(*slot.spec)) add_cache_metrics(slot);
  return make_metered(std::move(rows), *slot.sensors, services_.record);
}

/// One for all stores of the task: they share the database.
const StorageSensors* StoreHostImpl::storage(const state::StateDatabase& database) {
  const metrics::MetricRegistry& registry = *services_.task.metrics;
  if (!storage_ && registry.records(RecordingLevel::kDebug))
    storage_ = std::make_unique<StorageSensors>(registry.windows(), database);
  return storage_.get();
}

/// Source: org.apache.kafka.streams.state.internals.metrics.NamedCacheMetrics.
void StoreHostImpl::add_cache_metrics(Slot& slot) {
  using metrics::Measure;
  std::map<std::string, std::string> tags{{"thread-id", services_.task.thread_id}, {"task-id", services_.id.text()}};
  if (cache_bytes_ == nullptr) {
    cache_bytes_ = cache_metrics_.sensor(
        RecordingLevel::kDebug, {"stream-task-metrics", tags},
        {{"cache-size-bytes-total", Measure::kLast, "The total size in bytes of this task's cache."}});
  }
  tags["record-cache-id"] = slot.name;
  slot.cache_ratio = cache_metrics_.sensor(RecordingLevel::kDebug, {"stream-record-cache-metrics", std::move(tags)},
                                           {{"hit-ratio-avg", Measure::kAverage, "The average cache hit ratio"},
                                            {"hit-ratio-min", Measure::kMinimum, "The minimum cache hit ratio"},
                                            {"hit-ratio-max", Measure::kMaximum, "The maximum cache hit ratio"}});
}

void StoreHostImpl::record_turn() {
  record_caches();
  if (storage_) storage_->record_if_due(services_.now_ms);
}

void StoreHostImpl::record_caches() {
  if (cache_bytes_ == nullptr) return;
  std::size_t bytes = 0;
  for (Slot& slot : slots_) {
    if (slot.cache_ratio == nullptr) continue;
    const state::NamedCache* cache = services_.task.cache->find(cache_name(*slot.spec));
    if (cache == nullptr) continue;
    bytes += cache->bytes();
    const std::uint64_t reads = cache->hits() + cache->misses();
    if (reads == std::exchange(slot.cache_reads, reads)) continue;
    slot.cache_ratio->record(static_cast<double>(cache->hits()) / static_cast<double>(reads), services_.now_ms);
  }
  cache_bytes_->record(static_cast<double>(bytes), services_.now_ms);
}

state::ByteStore& StoreHostImpl::family(Slot& slot) {
  slot.has_storage = true;
  return database(*slot.spec).family(slot.name);
}

std::unique_ptr<state::KeyValueBytes> StoreHostImpl::key_value(const StoreSpec& spec) {
  Slot& of = slot(spec.name);
  auto rows = make_key_value_rows(family(of), spec, context(of));
  rows = with_cache(std::move(rows), spec, services_.task.cache, cache_name(spec), services_.record);
  rows = metered(of, std::move(rows));
  of.rows.key_values = rows.get();
  return rows;
}

std::unique_ptr<state::WindowBytes> StoreHostImpl::window(const StoreSpec& spec) {
  Slot& of = slot(spec.name);
  auto rows = make_window_rows(family(of), spec, context(of));
  rows = with_cache(std::move(rows), spec, services_.task.cache, cache_name(spec), services_.record);
  rows = metered(of, std::move(rows));
  of.rows.windows = rows.get();
  return rows;
}

std::unique_ptr<state::SessionBytes> StoreHostImpl::session(const StoreSpec& spec) {
  Slot& of = slot(spec.name);
  auto rows = make_session_rows(family(of), spec, context(of));
  rows = with_cache(std::move(rows), spec, services_.task.cache, cache_name(spec), services_.record);
  rows = metered(of, std::move(rows));
  of.rows.sessions = rows.get();
  return rows;
}

std::unique_ptr<state::VersionedBytes> StoreHostImpl::versioned(const StoreSpec& spec) {
  Slot& of = slot(spec.name);
  auto rows = make_versioned_rows(family(of), spec, context(of));
  rows = metered(of, std::move(rows));
  of.rows.versions = rows.get();
  return rows;
}

void StoreHostImpl::log(const StoreSpec& spec, BytesView key, OptionalView value, Timestamp timestamp,
                        const Headers& headers) {
  if (Slot& of = slot(spec.name); of.changelog) of.changelog->log(key, value, timestamp, headers);
}

std::string StoreHostImpl::changelog_topic(const std::string& store) const {
  return services_.settings.application_id + "-" + store + "-changelog";
}

}  // namespace streams::runtime
