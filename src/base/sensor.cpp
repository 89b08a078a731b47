// Windows of a sensor: beginning them, and what the ones that are not too old amount to.
#include <base/sensor.hpp>

#include <algorithm>
#include <limits>

namespace streams::metrics {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Sensor::Sensor(const SampleWindows& windows)
    : windows_(windows), samples_(static_cast<std::size_t>(windows.count) + 1) {}

Sensor::Sample& Sensor::begin_sample(Timestamp now_ms) {
  if (get(samples_[current_].count) > 0) current_ = (current_ + 1) % samples_.size();
  Sample& sample = samples_[current_];
  begun_.fetch_add(1, std::memory_order_acq_rel);
  sample.start.store(now_ms, std::memory_order_relaxed);
  sample.last.store(now_ms, std::memory_order_relaxed);
  set(sample.count, 0);
  set(sample.sum, 0);
  set(sample.min, kInfinity);
  set(sample.max, -kInfinity);
  begun_.fetch_add(1, std::memory_order_acq_rel);
  return sample;
}

Sensor::Window Sensor::window(Timestamp now_ms) const {
  const Timestamp expired = now_ms - windows_.count * windows_.length_ms;
  for (;;) {
    const std::uint32_t before = begun_.load(std::memory_order_acquire);
    Window out{0, 0, kInfinity, -kInfinity, now_ms};
    for (const Sample& sample : samples_) {
      const double count = get(sample.count);
      if (count == 0 || sample.last.load(std::memory_order_relaxed) <= expired) continue;
      out.count += count;
      out.sum += get(sample.sum);
      out.min = std::min(out.min, get(sample.min));
      out.max = std::max(out.max, get(sample.max));
      out.oldest = std::min(out.oldest, sample.start.load(std::memory_order_relaxed));
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && begun_.load(std::memory_order_relaxed) == before) return out;
  }
}

/// A window that is young counts as if all but its last part had passed, so that first events make no high rate.
double Sensor::per_second(double value, const Window& window, Timestamp now_ms) const {
  std::int64_t elapsed = now_ms - window.oldest;
  const std::int64_t missing = windows_.count - 1 - elapsed / std::max<std::int64_t>(windows_.length_ms, 1);
  if (missing > 0) elapsed += missing * windows_.length_ms;
  elapsed = std::max({elapsed, windows_.length_ms, std::int64_t{1}});
  return value * 1000.0 / static_cast<double>(elapsed);
}

double Sensor::count_rate(Timestamp now_ms) const {
  const Window seen = window(now_ms);
  return per_second(seen.count, seen, now_ms);
}

double Sensor::sum_rate(Timestamp now_ms) const {
  const Window seen = window(now_ms);
  return per_second(seen.sum, seen, now_ms);
}

double Sensor::window_sum(Timestamp now_ms) const { return window(now_ms).sum; }

double Sensor::average(Timestamp now_ms) const {
  const Window seen = window(now_ms);
  return seen.count == 0 ? kNothing : seen.sum / seen.count;
}

double Sensor::minimum(Timestamp now_ms) const {
  const Window seen = window(now_ms);
  return seen.count == 0 ? kNothing : seen.min;
}

double Sensor::maximum(Timestamp now_ms) const {
  const Window seen = window(now_ms);
  return seen.count == 0 ? kNothing : seen.max;
}

}  // namespace streams::metrics
