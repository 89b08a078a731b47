// What is recorded of one kind of event: totals, and rate, average, minimum and maximum over a sliding window.
//
// Invariants:
// 1. One thread at a time records; any thread reads meanwhile, without locks. A reader may see an event in the count
//    and not yet in the sum, but never half of a value.
// 2. Nothing runs in the background: windows are begun when something is recorded, and judged when they are read.
//
// Source: org.apache.kafka.common.metrics.Sensor, stats.SampledStat, Rate, Avg, Min, Max, CumulativeCount,
// CumulativeSum, Value.
#pragma once

#include <streams/bytes.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace streams::metrics {

/// How far back rates, averages, minima and maxima look: `count` windows of this length
/// ("metrics.sample.window.ms", "metrics.num.samples").
struct SampleWindows {
  std::int64_t length_ms = 30000;
  int count = 2;
};

/// A number that one thread adds to and any thread reads.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Values of one moment that a sensor gets together: adding one costs next to nothing.
struct Burst {
  std::int64_t count = 0;
  double sum = 0;  ///< of values that may be as far apart as timestamps from records can be
  std::int64_t min = INT64_MAX, max = INT64_MIN;

  void add(std::int64_t value) {
    ++count;
    sum += static_cast<double>(value);
    if (value < min) min = value;
    if (value > max) max = value;
  }
};

class Sensor {
 public:
  explicit Sensor(const SampleWindows& windows);

  /// `now_ms` is wall-clock time; it may be a little old.
  void record(double value, Timestamp now_ms) { record(1, value, value, value, now_ms); }
  /// At least one value; last() is not theirs.
  void record(const Burst& burst, Timestamp now_ms) {
    record(static_cast<double>(burst.count), burst.sum, static_cast<double>(burst.min), static_cast<double>(burst.max),
           now_ms);
  }

  // Since it was made.
  double count() const { return get(count_); }
  double sum() const { return get(sum_); }
  /// 0 before the first.
  double last() const { return get(last_); }

  // Over the window that ends now. Per second; 0 if there was nothing.
  double count_rate(Timestamp now_ms) const;
  double sum_rate(Timestamp now_ms) const;
  /// 0 if there was nothing.
  double window_sum(Timestamp now_ms) const;
  // NaN if there was nothing.
  double average(Timestamp now_ms) const;
  double minimum(Timestamp now_ms) const;
  double maximum(Timestamp now_ms) const;

 private:
  static double get(const std::atomic<double>& value) { return value.load(std::memory_order_relaxed); }
  static void set(std::atomic<double>& value, double to) { value.store(to, std::memory_order_relaxed); }

  struct Sample {
    std::atomic<Timestamp> start{0}, last{0};
    std::atomic<double> count{0}, sum{0}, min{0}, max{0};  ///< count 0: not in use
  };
  struct Window {
    double count = 0, sum = 0, min = 0, max = 0;
    Timestamp oldest = 0;  ///< start of its first sample
  };
  void record(double count, double sum, double min, double max, Timestamp now_ms);
  Sample& begin_sample(Timestamp now_ms);
  Window window(Timestamp now_ms) const;
  double per_second(double value, const Window& window, Timestamp now_ms) const;

  const SampleWindows windows_;
  std::vector<Sample> samples_;  ///< one more than asked for: the oldest one overlaps the begin of the window
  std::size_t current_ = 0;
  std::atomic<std::uint32_t> begun_{0};  ///< odd while a sample is begun: readers look again
  std::atomic<double> count_{0}, sum_{0}, last_{0};
};

inline void Sensor::record(double count, double sum, double min, double max, Timestamp now_ms) {
  Sample* sample = &samples_[current_];
  if (get(sample->count) == 0 || now_ms - sample->start.load(std::memory_order_relaxed) >= windows_.length_ms) {
    sample = &begin_sample(now_ms);
  }
  sample->last.store(now_ms, std::memory_order_relaxed);
  if (min < get(sample->min)) set(sample->min, min);
  if (max > get(sample->max)) set(sample->max, max);
  set(sample->sum, get(sample->sum) + sum);
  set(sample->count, get(sample->count) + count);
  set(count_, get(count_) + count);
  set(sum_, get(sum_) + sum);
  set(last_, max);
}

}  // namespace streams::metrics
