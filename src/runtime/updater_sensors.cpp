// Names and descriptions of the metrics of state updaters: Kafka Streams'.
#include <runtime/updater_sensors.hpp>

#include <limits>
#include <string_view>
#include <utility>

namespace streams::runtime {

using metrics::Measure;
using metrics::MetricScope;
using metrics::Sensor;
using metrics::windows_of;

namespace {

constexpr RecordingLevel kInfo = RecordingLevel::kInfo;

}  // namespace

std::string updater_name(std::string thread_name) {
  constexpr std::string_view kStreamThread = "-StreamThread-";
  const auto at = thread_name.rfind(kStreamThread);
  return at == std::string::npos ? thread_name : thread_name.replace(at, kStreamThread.size(), "-StateUpdater-");
}

UpdaterSensors::UpdaterSensors(metrics::MetricRegistry* registry, const std::string& thread_id, const Clock& clock,
                               Tasks tasks)
    : registry_(registry),
      clock_(clock),
      update_ns_(windows_of(registry)),
      checkpoint_ns_(windows_of(registry)),
      idle_ns_(windows_of(registry)),
      turn_ns_(windows_of(registry)),
      set_(registry) {
  if (registry_ == nullptr) return;
  const MetricScope scope{"stream-state-updater-metrics", {{"thread-id", thread_id}}};
  const bool active = tasks == Tasks::kActive;
  add_tasks(scope, active);
  add_ratio(scope, "idle-ratio", "being idle", &idle_ns_);
  add_ratio(scope, "active-restore-ratio", "restoring active tasks", active ? &update_ns_ : nullptr);
  add_ratio(scope, "standby-update-ratio", "updating standby tasks", active ? nullptr : &update_ns_);
  add_ratio(scope, "checkpoint-ratio", "checkpointing tasks restored progress", &checkpoint_ns_);
  restored_ = set_.sensor(
      kInfo, scope,
      {{"restore-records-rate", Measure::kSumRate, "The average per-second number of records restored"},
       {"restore-call-rate", Measure::kCountRate, "The average per-second number of restore calls triggered"}});
}

void UpdaterSensors::add_tasks(const MetricScope& scope, bool active) {
  const auto add = [&](const char* name, const char* description, const std::atomic<std::int64_t>* number) {
    set_.gauge(kInfo, scope, name, description, [number](Timestamp) {
      return MetricValue(number != nullptr ? number->load(std::memory_order_relaxed) : std::int64_t{0});
    });
  };
  add("active-restoring-tasks", "The number of active tasks currently undergoing restoration",
      active ? &updating_ : nullptr);
  add("standby-updating-tasks", "The number of standby tasks currently undergoing state update",
      active ? nullptr : &updating_);
  add("active-paused-tasks", "The number of active tasks paused restoring", active ? &paused_ : nullptr);
  add("standby-paused-tasks", "The number of standby tasks paused state update", active ? nullptr : &paused_);
}

/// `time_ns` null: nothing of that kind is ever done here.
void UpdaterSensors::add_ratio(const MetricScope& scope, const std::string& name, const std::string& what,
                               const Sensor* time_ns) {
  set_.gauge(kInfo, scope, name, "The fraction of time the thread spent on " + what, [this, time_ns](Timestamp now_ms) {
    const double whole = turn_ns_.window_sum(now_ms);
    if (whole <= 0) return MetricValue(std::numeric_limits<double>::quiet_NaN());
    return MetricValue(time_ns != nullptr ? time_ns->window_sum(now_ms) / whole : 0.0);
  });
}

void UpdaterSensors::set_tasks(std::size_t updating, std::size_t paused) {
  updating_.store(static_cast<std::int64_t>(updating), std::memory_order_relaxed);
  paused_.store(static_cast<std::int64_t>(paused), std::memory_order_relaxed);
}

void UpdaterSensors::begin_turn() {
  if (registry_ == nullptr) return;
  records_ = 0;
  lap_ns_ = clock_.now_ns();
}

void UpdaterSensors::done(Phase phase) {
  if (registry_ == nullptr) return;
  const std::int64_t now_ns = clock_.now_ns();
  const auto ns = static_cast<double>(now_ns - std::exchange(lap_ns_, now_ns));
  const Timestamp now_ms = clock_.now_ms();
  Sensor& sensor = phase == Phase::kUpdate ? update_ns_ : phase == Phase::kIdle ? idle_ns_ : checkpoint_ns_;
  sensor.record(ns, now_ms);
  turn_ns_.record(ns, now_ms);
}

void UpdaterSensors::end_turn() {
  if (registry_ == nullptr) return;
  done(Phase::kUpdate);
  restored_->record(static_cast<double>(std::exchange(records_, 0)), clock_.now_ms());
}

}  // namespace streams::runtime
