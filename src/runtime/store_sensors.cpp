// Names and descriptions of the metrics of stores: Kafka Streams'.
#include <runtime/store_sensors.hpp>

#include <limits>
#include <utility>

namespace streams::runtime {

using metrics::Measure;
using metrics::MetricScope;
using metrics::Sensor;
using streams::detail::StoreKind;
using streams::detail::StoreSpec;

namespace {

constexpr RecordingLevel kInfo = RecordingLevel::kInfo;
constexpr RecordingLevel kDebug = RecordingLevel::kDebug;

/// As the suppliers of Kafka Streams call themselves (StoreSupplier.metricsScope).
std::string type_of(const StoreSpec& spec) {
  const std::string where = spec.persistent ? "rocksdb" : "in-memory";
  switch (spec.kind) {
    case StoreKind::kWindow:
      return where + "-window";
    case StoreKind::kSession:
      return where + "-session";
    default:
      return spec.max_entries > 0 ? "in-memory-lru" : where;
  }
}

}  // namespace

StoreSensors::StoreSensors(const TaskServices& services, const std::string& task_id, const StoreSpec& spec,
                           const Timestamp& now_ms)
    : clock_(*services.clock),
      now_ms_(now_ms),
      standby_(services.standby),
      scope_{"stream-state-metrics",
             {{"thread-id", services.thread_id}, {"task-id", task_id}, {type_of(spec) + "-state-id", spec.name}}},
      set_(services.metrics) {
  if (services.metrics == nullptr) return;
  add_calls(spec);
  add_iterators();
  const std::string latency =
      " end-to-end latency of a record, measuring by comparing the record timestamp with the system time when it has "
      "been fully processed by the node";
  e2e_latency = set_.sensor(RecordingLevel::kTrace, scope_,
                            {{"record-e2e-latency-avg", Measure::kAverage, "The average" + latency},
                             {"record-e2e-latency-min", Measure::kMinimum, "The minimum" + latency},
                             {"record-e2e-latency-max", Measure::kMaximum, "The maximum" + latency}});
}

void StoreSensors::add_calls(const StoreSpec& spec) {
  put = call("put", "calls to put");
  flush = call("flush", "calls to flush");
  restore_ = call("restore", "restorations");
  if (spec.kind == StoreKind::kWindow || spec.kind == StoreKind::kSession) {
    fetch = call("fetch", "calls to fetch");
    if (spec.kind == StoreKind::kSession) remove = call("remove", "calls to remove");
    return;
  }
  get = call("get", "calls to get");
  remove = call("delete", "calls to delete");
  all = call("all", "calls to all");
  range = call("range", "calls to range");
  prefix_scan = call("prefix-scan", "calls to prefix-scan");
}

Sensor* StoreSensors::call(const std::string& name, const std::string& what) {
  return set_.sensor(kDebug, scope_,
                     {{name + "-rate", Measure::kCountRate, "The average number of " + what + " per second"},
                      {name + "-latency-avg", Measure::kAverage, "The average latency of " + what},
                      {name + "-latency-max", Measure::kMaximum, "The maximum latency of " + what}});
}

void StoreSensors::add_iterators() {
  set_.gauge(kInfo, scope_, "num-open-iterators",
             "The current number of iterators on the store that have been created, but not yet closed",
             [this](Timestamp) { return MetricValue(open_.load(std::memory_order_relaxed)); });
  set_.gauge(kInfo, scope_, "oldest-iterator-open-since-ms",
             "The UNIX timestamp the oldest still open iterator was created, in milliseconds", [this](Timestamp) {
               if (open_.load(std::memory_order_relaxed) == 0)
                 return MetricValue(std::numeric_limits<double>::quiet_NaN());
               return MetricValue(static_cast<double>(oldest_ms_.load(std::memory_order_relaxed)));
             });
  const std::string duration = "time spent between creating an iterator and closing it, in nanoseconds";
  iterator_duration_ = set_.sensor(kDebug, scope_,
                                   {{"iterator-duration-avg", Measure::kAverage, "The average " + duration},
                                    {"iterator-duration-max", Measure::kMaximum, "The maximum " + duration}});
}

void StoreSensors::open(state::WatchedIterator& iterator) {
  const Timestamp now = now_ms();
  iterator.watch(*this, {now, iterator_duration_ != nullptr ? clock_.now_ns() : 0, last_, nullptr});
  if (last_ != nullptr) {
    last_->place().after = &iterator;
  } else {
    first_ = &iterator;
    oldest_ms_.store(now, std::memory_order_relaxed);
  }
  last_ = &iterator;
  open_.store(open_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void StoreSensors::closed(state::WatchedIterator& iterator) {
  const auto place = iterator.place();
  (place.before != nullptr ? place.before->place().after : first_) = place.after;
  (place.after != nullptr ? place.after->place().before : last_) = place.before;
  if (first_ != nullptr) oldest_ms_.store(first_->place().since_ms, std::memory_order_relaxed);
  open_.store(open_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  if (iterator_duration_ != nullptr)
    iterator_duration_->record(static_cast<double>(clock_.now_ns() - place.since_ns), now_ms());
}

}  // namespace streams::runtime
