// Names and descriptions of the metrics of threads that restore: Kafka Streams'.
#include <runtime/restore_sensors.hpp>

#include <utility>

namespace streams::runtime {

using metrics::Measure;

namespace {

constexpr RecordingLevel kInfo = RecordingLevel::kInfo;
constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

RestoreSensors::RestoreSensors(metrics::MetricRegistry* registry, const std::string& thread_id, Tasks tasks,
                               const Clock& clock)
    : registry_(registry),
      clock_(clock),
      scope_{"stream-state-updater-metrics", {{"thread-id", thread_id}}},
      last_ns_(now_ns()),
      set_(registry) {
  const bool active = tasks == Tasks::kActive;
  const auto count = [&](const std::string& name, const std::string& description, const auto& of) {
    set_.gauge(kInfo, scope_, name, description, [&of](Timestamp) { return MetricValue(of.load()); });
  };
  if (active) {
    count("active-restoring-tasks", "The number of active tasks currently undergoing restoration", tasks_);
    count("active-paused-tasks", "The number of active tasks paused restoring", paused_);
  } else {
    count("standby-updating-tasks", "The number of standby tasks currently undergoing state update", tasks_);
    count("standby-paused-tasks", "The number of standby tasks paused state update", paused_);
  }
  idle_ = add_ratio("idle-ratio", "being idle");
  restore_ = active ? add_ratio("active-restore-ratio", "restoring active tasks")
                    : add_ratio("standby-update-ratio", "updating standby tasks");
  checkpoint_ = add_ratio("checkpoint-ratio", "checkpointing tasks restored progress");
  batches_ = set_.sensor(
      kInfo, scope_,
      {{"restore-records-rate", Measure::kSumRate, "The average per-second number of records restored"},
       {"restore-call-rate", Measure::kCountRate, "The average per-second number of restore calls triggered"}});
}

metrics::Sensor* RestoreSensors::add_ratio(const std::string& name, const std::string& doing) {
  return set_.sensor(kInfo, scope_, {{name, Measure::kAverage, "The fraction of time the thread spent on " + doing}});
}

void RestoreSensors::turn(std::size_t tasks, bool paused) {
  tasks_ = paused ? 0 : static_cast<std::int64_t>(tasks);
  paused_ = paused ? static_cast<std::int64_t>(tasks) : 0;
  if (registry_ == nullptr) return;
  const std::int64_t now = clock_.now_ns();
  const std::int64_t whole = now - last_ns_;
  // Times of short turns are put together, up to the last one before a pause.
  if (whole <= 0 || (whole < kNsPerMs && tasks > 0)) return;
  last_ns_ = now;
  const Timestamp now_ms = clock_.now_ms();
  const auto share = [&](std::int64_t& part) {
    return static_cast<double>(std::exchange(part, 0)) / static_cast<double>(whole);
  };
  idle_->record(share(idle_ns_), now_ms);
  restore_->record(share(restore_ns_), now_ms);
  checkpoint_->record(share(checkpoint_ns_), now_ms);
  if (batch_.count > 0) batches_->record(std::exchange(batch_, {}), now_ms);
}

}  // namespace streams::runtime
