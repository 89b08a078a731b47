// The metrics of one store of one task.
//
// Source: org.apache.kafka.streams.state.internals.metrics.StateStoreMetrics,
// org.apache.kafka.streams.internals.metrics .OpenIterators.
#pragma once

#include <base/metric_registry.hpp>
#include <runtime/storage_sensors.hpp>
#include <runtime/task_types.hpp>
#include <state/stores.hpp>
#include <streams/detail/task_context.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace streams::runtime {

/// Used by whoever is behind the stores' gate: the task's thread, or a reader. Sensors are null where their level is
/// not recorded.
///
/// Differs from Kafka Streams: latencies are those of bytes, without serdes; writing null counts as a delete, and
/// put-if-absent and put-all as the single calls that they are made of.
class StoreSensors final : public state::IteratorWatch {
 public:
  /// Everything outlives this object. `now_ms` is what the task takes for the present; a standby task has no turns, so
  /// the clock's counts there.
  StoreSensors(const TaskServices& services, const std::string& task_id, const streams::detail::StoreSpec& spec,
               const Timestamp& now_ms);

  /// Lists what RocksDB says of the store's family, and what it counts (may be null). Both outlive this object.
  void add_storage(const state::StateDatabase& database, const std::string& family, const StorageSensors* counts);

  /// Runs `call`, and records how long it took if there is a sensor.
  template <class Call>
  auto timed(metrics::Sensor* sensor, Call call) {
    const Timer timer(*this, sensor);
    return call();
  }
  /// Changelog records were applied since `begin_ns`.
  void restored(std::int64_t begin_ns) {
    if (restore_ != nullptr) restore_->record(static_cast<double>(clock_.now_ns() - begin_ns), clock_.now_ms());
  }
  /// A record was put: how old it is.
  void put_done(const RecordContext& record) {
    if (e2e_latency != nullptr) e2e_latency->record(static_cast<double>(now_ms() - record.timestamp), now_ms());
  }
  /// Counts the iterator as long as it lives.
  template <class Iterator>
  std::unique_ptr<Iterator> opened(std::unique_ptr<Iterator> rows) {
    open(*rows);
    return rows;
  }

  metrics::Sensor* put = nullptr;
  metrics::Sensor* get = nullptr;
  metrics::Sensor* fetch = nullptr;
  metrics::Sensor* all = nullptr;
  metrics::Sensor* range = nullptr;
  metrics::Sensor* prefix_scan = nullptr;
  metrics::Sensor* remove = nullptr;  ///< "delete" of key-value stores, "remove" of session stores
  metrics::Sensor* flush = nullptr;
  metrics::Sensor* e2e_latency = nullptr;

 private:
  class Timer {
   public:
    Timer(const StoreSensors& sensors, metrics::Sensor* sensor)
        : sensors_(sensors), sensor_(sensor), begin_ns_(sensor != nullptr ? sensors.clock_.now_ns() : 0) {}
    ~Timer() {
      if (sensor_ == nullptr) return;
      sensor_->record(static_cast<double>(sensors_.clock_.now_ns() - begin_ns_), sensors_.now_ms());
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

   private:
    const StoreSensors& sensors_;
    metrics::Sensor* sensor_;
    std::int64_t begin_ns_;
  };
  Timestamp now_ms() const { return standby_ ? clock_.now_ms() : now_ms_; }
  void add_calls(const streams::detail::StoreSpec& spec);
  void add_iterators();
  metrics::Sensor* call(const std::string& name, const std::string& what);
  void open(state::WatchedIterator& iterator);
  void closed(state::WatchedIterator& iterator) override;

  const Clock& clock_;
  const Timestamp& now_ms_;
  const bool standby_;
  const metrics::MetricScope scope_;
  // Open iterators, the oldest first.
  state::WatchedIterator* first_ = nullptr;
  state::WatchedIterator* last_ = nullptr;
  std::atomic<std::int64_t> open_{0};
  std::atomic<Timestamp> oldest_ms_{0};
  metrics::Sensor* iterator_duration_ = nullptr;
  metrics::Sensor* restore_ = nullptr;
  metrics::MetricSet set_;
};

// Stores that are measured. `sensors` and `record`, the context of the present record, outlive them.
std::unique_ptr<state::KeyValueBytes> make_metered(std::unique_ptr<state::KeyValueBytes> inner, StoreSensors& sensors,
                                                   const RecordContext& record);
std::unique_ptr<state::WindowBytes> make_metered(std::unique_ptr<state::WindowBytes> inner, StoreSensors& sensors,
                                                 const RecordContext& record);
std::unique_ptr<state::SessionBytes> make_metered(std::unique_ptr<state::SessionBytes> inner, StoreSensors& sensors,
                                                  const RecordContext& record);
std::unique_ptr<state::VersionedBytes> make_metered(std::unique_ptr<state::VersionedBytes> inner, StoreSensors& sensors,
                                                    const RecordContext& record);

}  // namespace streams::runtime
