// The stores of a task: made over its databases with change logging and cache, restored, flushed, committed.
//
// Source: org.apache.kafka.streams.processor.internals.ProcessorStateManager.
#pragma once

#include <runtime/record_collector.hpp>
#include <runtime/store_sensors.hpp>
#include <runtime/task.hpp>
#include <streams/detail/store_reader.hpp>
#include <streams/detail/task_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace streams::runtime {

/// How deep a task is in its stores' services.
struct StoreHostServices {
  const streams::detail::TopologyPlan& plan;
  const TaskSettings& settings;
  const TaskServices& task;
  TaskId id;
  RecordContext& record;
  RecordCollector& collector;
  TaskMetrics& metrics;
  const Timestamp& now_ms;  ///< what the task takes for the present
};

/// The rows of a store in `rows`, as its spec says, without cache.
std::unique_ptr<state::KeyValueBytes> make_key_value_rows(state::ByteStore& rows,
                                                          const streams::detail::StoreSpec& spec,
                                                          const state::StoreContext& context);
std::unique_ptr<state::WindowBytes> make_window_rows(state::ByteStore& rows, const streams::detail::StoreSpec& spec,
                                                     const state::StoreContext& context);
std::unique_ptr<state::SessionBytes> make_session_rows(state::ByteStore& rows, const streams::detail::StoreSpec& spec,
                                                       const state::StoreContext& context);
std::unique_ptr<state::VersionedBytes> make_versioned_rows(state::ByteStore& rows,
                                                           const streams::detail::StoreSpec& spec,
                                                           const state::StoreContext& context);

/// Whether there is a record cache and the store is to be behind it.
bool has_cache(const streams::detail::StoreSpec& spec, const std::shared_ptr<state::RecordCache>& cache);
/// The rows behind the record cache, if the store has_cache(); `name` is that of its part of the cache.
std::unique_ptr<state::KeyValueBytes> with_cache(std::unique_ptr<state::KeyValueBytes> rows,
                                                 const streams::detail::StoreSpec& spec,
                                                 const std::shared_ptr<state::RecordCache>& cache,
                                                 const std::string& name, RecordContext& record);
std::unique_ptr<state::WindowBytes> with_cache(std::unique_ptr<state::WindowBytes> rows,
                                               const streams::detail::StoreSpec& spec,
                                               const std::shared_ptr<state::RecordCache>& cache,
                                               const std::string& name, RecordContext& record);
std::unique_ptr<state::SessionBytes> with_cache(std::unique_ptr<state::SessionBytes> rows,
                                                const streams::detail::StoreSpec& spec,
                                                const std::shared_ptr<state::RecordCache>& cache,
                                                const std::string& name, RecordContext& record);

class StoreHostImpl final : public streams::detail::StoreHost {
 public:
  StoreHostImpl(const StoreHostServices& services, std::vector<std::string> names);
  ~StoreHostImpl() override;

  /// Makes and opens the stores in their order.
  void open();
  StateStore* find(const std::string& name) const;
  /// The rows of a store, for readers; none if there is no such store, or it keeps them to itself.
  streams::detail::StoreRows rows(const std::string& name) const;
  /// Writes caches and buffers through, store by store. Goes on after a failure and throws the first as TaskError.
  void flush();
  void close();

  const std::vector<ChangelogPartition>& changelogs() const { return changelogs_; }
  void restore(std::size_t index, const client::RecordBatch& batch);
  void restored_to(std::size_t index, std::int64_t next_offset) { changelogs_[index].next_offset = next_offset; }
  /// Takes over what the producer has acknowledged, and for source topics what was consumed (last offset; -1: nothing).
  void advance_changelogs(const std::function<std::int64_t(const client::TopicPartition&)>& consumed);
  /// Writes both databases with the changelog offsets.
  Status commit();
  /// As commit(), of what was restored.
  Status commit_restored(bool done);
  void discard();
  std::size_t uncommitted_bytes() const;
  /// For the metrics of caches and databases: once a turn.
  void record_turn();

  // StoreHost
  std::unique_ptr<state::KeyValueBytes> key_value(const streams::detail::StoreSpec& spec) override;
  std::unique_ptr<state::WindowBytes> window(const streams::detail::StoreSpec& spec) override;
  std::unique_ptr<state::SessionBytes> session(const streams::detail::StoreSpec& spec) override;
  std::unique_ptr<state::VersionedBytes> versioned(const streams::detail::StoreSpec& spec) override;
  void log(const streams::detail::StoreSpec& spec, BytesView key, OptionalView value, Timestamp timestamp,
           const Headers& headers) override;
  std::string changelog_topic(const std::string& store) const override;
  RecordContext& record() override { return services_.record; }

 private:
  class Changelog;
  struct Slot {
    std::string name;
    const streams::detail::StoreSpec* spec = nullptr;
    std::unique_ptr<StoreSensors> sensors;  ///< null: no registry, or a store of one's own
    metrics::Sensor* cache_ratio = nullptr;
    std::uint64_t cache_reads = 0;  ///< when that was recorded
    std::unique_ptr<StateStore> store;
    std::unique_ptr<Changelog> changelog;  ///< null: not logged
    std::optional<std::size_t> changelog_index;
    streams::detail::StoreRows rows;  ///< the store has them
    bool has_storage = false;         ///< its rows are in a database; else in the object, and gone with it
  };
  Slot& slot(const std::string& name);
  state::StateDatabase& database(const streams::detail::StoreSpec& spec) const;
  state::StoreContext context(const Slot& slot) const;
  void register_changelog(Slot& slot);
  state::ByteStore& family(Slot& slot);
  template <class Rows>
  std::unique_ptr<Rows> metered(Slot& slot, std::unique_ptr<Rows> rows);
  void add_cache_metrics(Slot& slot);
  const StorageSensors* storage(const state::StateDatabase& database);
  void record_caches();
  bool cached(const streams::detail::StoreSpec& spec) const;
  std::string cache_name(const streams::detail::StoreSpec& spec) const { return services_.id.text() + "-" + spec.name; }
  std::map<std::string, std::int64_t> offsets(bool persistent) const;

  StoreHostServices services_;
  std::unique_ptr<StorageSensors> storage_;  ///< null: not recorded, or no store is persistent
  std::vector<Slot> slots_;
  std::vector<ChangelogPartition> changelogs_;
  metrics::Sensor* cache_bytes_ = nullptr;
  metrics::MetricSet cache_metrics_;
};

}  // namespace streams::runtime
