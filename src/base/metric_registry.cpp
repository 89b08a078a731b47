// Listing and reading metrics.
#include <base/metric_registry.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace streams {

std::string_view name_of(RecordingLevel level) {
  switch (level) {
    case RecordingLevel::kInfo:
      return "INFO";
    case RecordingLevel::kDebug:
      return "DEBUG";
    case RecordingLevel::kTrace:
      break;
  }
  return "TRACE";
}

}  // namespace streams

namespace streams::metrics {

namespace {

double measure(const Sensor& sensor, Measure which, Timestamp now_ms) {
  switch (which) {
    case Measure::kCountRate:
      return sensor.count_rate(now_ms);
    case Measure::kSumRate:
      return sensor.sum_rate(now_ms);
    case Measure::kCount:
      return sensor.count();
    case Measure::kSum:
      return sensor.sum();
    case Measure::kLast:
      return sensor.last();
    case Measure::kAverage:
      return sensor.average(now_ms);
    case Measure::kMinimum:
      return sensor.minimum(now_ms);
    case Measure::kMaximum:
      break;
  }
  return sensor.maximum(now_ms);
}

}  // namespace

std::vector<Metric> MetricRegistry::read(Timestamp now_ms) const {
  std::vector<Metric> out;
  {
    std::lock_guard lock(mutex_);
    for (const MetricSet* set : sets_) {
      for (const MetricSet::Entry& entry : set->entries_) {
        const auto* gauge = std::get_if<MetricSet::Gauge>(&entry.from);
        const auto* from = std::get_if<MetricSet::FromSensor>(&entry.from);
        MetricValue value = gauge != nullptr ? (*gauge)(now_ms) : measure(*from->sensor, from->measure, now_ms);
        out.push_back({entry.name, entry.level, entry.cumulative, std::move(value)});
      }
    }
  }
  std::sort(out.begin(), out.end(), [](const Metric& a, const Metric& b) {
    return std::tie(a.name.group, a.name.name, a.name.tags) < std::tie(b.name.group, b.name.name, b.name.tags);
  });
  return out;
}

MetricSet::MetricSet(MetricRegistry* registry) : registry_(registry) {
  if (registry_ == nullptr) return;
  std::lock_guard lock(registry_->mutex_);
  registry_->sets_.insert(this);
}

MetricSet::~MetricSet() {
  if (registry_ == nullptr) return;
  std::lock_guard lock(registry_->mutex_);
  registry_->sets_.erase(this);
}

void MetricSet::clear() {
  if (registry_ == nullptr) return;
  std::lock_guard lock(registry_->mutex_);
  entries_.clear();
}

Sensor* MetricSet::sensor(RecordingLevel level, const MetricScope& scope, std::initializer_list<MeasureName> names) {
  if (!records(level)) return nullptr;
  std::lock_guard lock(registry_->mutex_);
  Sensor& out = sensors_.emplace_back(registry_->windows());
  for (const MeasureName& name : names) {
    const bool cumulative = name.measure == Measure::kCount || name.measure == Measure::kSum;
    entries_.push_back(
        {{scope.group, name.name, scope.tags, name.description}, level, cumulative, FromSensor{&out, name.measure}});
  }
  return &out;
}

void MetricSet::gauge(RecordingLevel level, const MetricScope& scope, const std::string& name,
                      const std::string& description, Gauge gauge, bool cumulative) {
  if (!records(level)) return;
  std::lock_guard lock(registry_->mutex_);
  entries_.push_back({{scope.group, name, scope.tags, description}, level, cumulative, std::move(gauge)});
}

}  // namespace streams::metrics
