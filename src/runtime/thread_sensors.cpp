// Names and descriptions of the metrics of stream threads: Kafka Streams'.
#include <runtime/thread_sensors.hpp>

#include <string_view>
#include <utility>

namespace streams::runtime {

using metrics::Measure;
using metrics::MetricScope;
using metrics::Sensor;
using metrics::windows_of;

namespace {

constexpr RecordingLevel kInfo = RecordingLevel::kInfo;
constexpr double kNsPerMs = 1e6;

double milliseconds(std::int64_t ns) { return static_cast<double>(ns) / kNsPerMs; }

}  // namespace

ThreadSensors::ThreadSensors(metrics::MetricRegistry* registry, const std::string& thread_id,
                             const std::string& process_id, const Clock& clock, std::function<ThreadState()> state)
    : registry_(registry),
      clock_(clock),
      scope_{"stream-thread-metrics", {{"thread-id", thread_id}}},
      turn_ns_(windows_of(registry)),
      poll_(windows_of(registry)),
      process_(windows_of(registry)),
      punctuate_(windows_of(registry)),
      commit_(windows_of(registry)),
      set_(registry) {
  add_phase(poll_, "poll", "polling records from consumer");
  add_phase(punctuate_, "punctuate", "punctuating active tasks");
  add_phase(commit_, "commit", "committing all tasks");
  add_phase(process_, "process", "processing active tasks");
  poll_records_ = add_average("poll-records", "The average number of records polled from consumer within an iteration",
                              "The maximum number of records polled from consumer within an iteration");
  process_records_ = add_average("process-records", "The average number of records processed within an iteration",
                                 "The maximum number of records processed within an iteration");
  process_rate_ = set_.sensor(kInfo, scope_,
                              {{"process-rate", Measure::kSumRate, "The average per-second number of calls to process"},
                               {"process-total", Measure::kSum, "The total number of calls to process"}});
  created_ = add_calls("task-created", "newly created tasks");
  closed_ = add_calls("task-closed", "closed tasks");
  const std::string callback = " rebalance listener callback";
  int next = 0;
  for (const std::string name : {"tasks-assigned", "tasks-revoked", "tasks-lost"}) {
    rebalances_[next++] = add_average(name + "-latency", "The average time taken for " + name + callback,
                                      "The max time taken for " + name + callback);
  }
  add_gauges(process_id, std::move(state));
}

void ThreadSensors::add_gauges(const std::string& process_id, std::function<ThreadState()> state) {
  const std::string description = "The current state of the thread";
  set_.gauge(kInfo, scope_, "state", description,
             [state](Timestamp) { return MetricValue(std::string(name_of(state()))); });
  MetricScope numbered = scope_;
  numbered.tags["process-id"] = process_id;
  set_.gauge(kInfo, numbered, "thread-state", description,
             [state](Timestamp) { return MetricValue(static_cast<std::int64_t>(state())); });
  set_.gauge(kInfo, scope_, "thread-start-time", "The time that the thread was started",
             [start = clock_.now_ms()](Timestamp) { return MetricValue(start); });
  set_.gauge(
      kInfo, scope_, "blocked-time-ns-total", "The total time the thread spent blocked on kafka in nanoseconds",
      [this](Timestamp) { return MetricValue(static_cast<double>(blocked_ns_.value())); }, true);
}

Sensor* ThreadSensors::add_calls(const std::string& name, const std::string& what) {
  return set_.sensor(kInfo, scope_,
                     {{name + "-rate", Measure::kCountRate, "The average per-second number of " + what},
                      {name + "-total", Measure::kCount, "The total number of " + what}});
}

Sensor* ThreadSensors::add_average(const std::string& name, const std::string& average, const std::string& maximum) {
  return set_.sensor(kInfo, scope_,
                     {{name + "-avg", Measure::kAverage, average}, {name + "-max", Measure::kMaximum, maximum}});
}

/// Processing has rate and total of its own: of records.
void ThreadSensors::add_phase(Phase& phase, const std::string& name, const std::string& ratio_description) {
  const std::string average = "The average " + name + " latency", maximum = "The maximum " + name + " latency";
  if (&phase == &process_) {
    phase.latency = add_average(name + "-latency", average, maximum);
  } else {
    phase.latency =
        set_.sensor(kInfo, scope_,
                    {{name + "-latency-avg", Measure::kAverage, average},
                     {name + "-latency-max", Measure::kMaximum, maximum},
                     {name + "-rate", Measure::kCountRate, "The average per-second number of calls to " + name},
                     {name + "-total", Measure::kCount, "The total number of calls to " + name}});
  }
  set_.gauge(kInfo, scope_, name + "-ratio", "The fraction of time the thread spent on " + ratio_description,
             [this, &phase](Timestamp now_ms) {
               const double whole = turn_ns_.window_sum(now_ms);
               return MetricValue(whole > 0 ? phase.time_ns.window_sum(now_ms) / whole : 0.0);
             });
}

std::int64_t ThreadSensors::lap() {
  const std::int64_t now = now_ns();
  return now - std::exchange(lap_ns_, now);
}

void ThreadSensors::begin_turn() {
  lap();
  begin_ns_ = lap_ns_;
}

void ThreadSensors::polled(Timestamp now_ms) {
  if (registry_ == nullptr) return;
  const std::int64_t ns = lap();
  poll_.time_ns.record(static_cast<double>(ns), now_ms);
  poll_.latency->record(milliseconds(ns), now_ms);
  blocked_ns_.add(static_cast<std::uint64_t>(ns));
}

void ThreadSensors::processed(std::size_t polled, std::size_t records, Timestamp now_ms) {
  if (registry_ == nullptr) return;
  const std::int64_t ns = lap();
  process_.time_ns.record(static_cast<double>(ns), now_ms);
  process_records_->record(static_cast<double>(records), now_ms);
  if (polled > 0) poll_records_->record(static_cast<double>(polled), now_ms);
  if (records == 0) return;
  process_rate_->record(static_cast<double>(records), now_ms);
  process_.latency->record(milliseconds(ns) / static_cast<double>(records), now_ms);
}

void ThreadSensors::punctuated(std::size_t count, Timestamp now_ms) {
  if (registry_ == nullptr) return;
  const std::int64_t ns = lap();
  punctuate_.time_ns.record(static_cast<double>(ns), now_ms);
  if (count > 0) punctuate_.latency->record(milliseconds(ns) / static_cast<double>(count), now_ms);
}

void ThreadSensors::committed(bool any, Timestamp now_ms) {
  if (registry_ == nullptr) return;
  const std::int64_t ns = lap();
  commit_.time_ns.record(static_cast<double>(ns), now_ms);
  if (any) commit_.latency->record(milliseconds(ns), now_ms);
  turn_ns_.record(static_cast<double>(lap_ns_ - begin_ns_), now_ms);
}

void ThreadSensors::blocked_since(std::int64_t begin_ns) {
  if (registry_ != nullptr) blocked_ns_.add(static_cast<std::uint64_t>(now_ns() - begin_ns));
}

void ThreadSensors::rebalanced(Rebalance which, std::int64_t begin_ns) {
  if (registry_ == nullptr) return;
  rebalances_[static_cast<int>(which)]->record(milliseconds(now_ns() - begin_ns), clock_.now_ms());
}

void ThreadSensors::task_created() {
  if (registry_ != nullptr) created_->record(1, clock_.now_ms());
}

void ThreadSensors::task_closed() {
  if (registry_ != nullptr) closed_->record(1, clock_.now_ms());
}

}  // namespace streams::runtime
