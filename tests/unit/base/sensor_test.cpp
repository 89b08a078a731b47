// Windows of sensors: the numbers follow from Kafka's SampledStat and Rate, with their defaults of two times 30
// seconds.
#include <base/sensor.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace streams::metrics {
namespace {

constexpr Timestamp kStart = 1'000'000;

TEST(Sensor, HasTotalsAndTheLastValue) {
  Sensor sensor({});
  EXPECT_EQ(sensor.last(), 0);
  sensor.record(3, kStart);
  sensor.record(-1.5, kStart + 200'000);
  EXPECT_EQ(sensor.count(), 2);
  EXPECT_EQ(sensor.sum(), 1.5);
  EXPECT_EQ(sensor.last(), -1.5);
}

TEST(Sensor, KnowsNothingWithoutRecords) {
  const Sensor sensor({});
  EXPECT_EQ(sensor.count_rate(kStart), 0);
  EXPECT_EQ(sensor.sum_rate(kStart), 0);
  EXPECT_EQ(sensor.window_sum(kStart), 0);
  EXPECT_TRUE(std::isnan(sensor.average(kStart)));
  EXPECT_TRUE(std::isnan(sensor.minimum(kStart)));
  EXPECT_TRUE(std::isnan(sensor.maximum(kStart)));
}

TEST(Sensor, LooksAtBothWindows) {
  Sensor sensor({});
  sensor.record(4, kStart);
  sensor.record(-2, kStart + 29'999);
  sensor.record(10, kStart + 30'000);  // begins the second window
  EXPECT_EQ(sensor.average(kStart + 40'000), 4);
  EXPECT_EQ(sensor.minimum(kStart + 40'000), -2);
  EXPECT_EQ(sensor.maximum(kStart + 40'000), 10);
  EXPECT_EQ(sensor.window_sum(kStart + 40'000), 12);
}

TEST(Sensor, ForgetsAWindowWhoseLastEventIsTooOld) {
  Sensor sensor({});
  sensor.record(4, kStart);
  sensor.record(6, kStart + 10'000);
  sensor.record(10, kStart + 30'000);
  EXPECT_EQ(sensor.window_sum(kStart + 69'999), 20);  // the first window ends with its last event
  EXPECT_EQ(sensor.window_sum(kStart + 70'000), 10);
  EXPECT_EQ(sensor.minimum(kStart + 70'000), 10);
  EXPECT_EQ(sensor.window_sum(kStart + 90'000), 0);
  EXPECT_TRUE(std::isnan(sensor.maximum(kStart + 90'000)));
  EXPECT_EQ(sensor.sum(), 20);
}

TEST(Sensor, UsesWindowsAgain) {
  Sensor sensor({1000, 2});
  for (int i = 0; i < 50; ++i) sensor.record(i, kStart + i * 500);
  EXPECT_EQ(sensor.minimum(kStart + 49 * 500), 46);  // the windows of 23 and 24 s
  EXPECT_EQ(sensor.maximum(kStart + 49 * 500), 49);
  EXPECT_EQ(sensor.count(), 50);
}

TEST(Sensor, TakesAYoungWindowForMoreThanHalfOver) {
  Sensor sensor({});
  for (int i = 0; i < 60; ++i) sensor.record(2, kStart);
  EXPECT_DOUBLE_EQ(sensor.count_rate(kStart), 60 / 30.0);
  EXPECT_DOUBLE_EQ(sensor.sum_rate(kStart), 120 / 30.0);
  EXPECT_DOUBLE_EQ(sensor.count_rate(kStart + 15'000), 60 / 45.0);
  EXPECT_DOUBLE_EQ(sensor.count_rate(kStart + 30'000), 60 / 30.0);
  EXPECT_DOUBLE_EQ(sensor.count_rate(kStart + 50'000), 60 / 50.0);
}

TEST(Sensor, IsReadByOtherThreads) {
  Sensor sensor({5, 2});
  std::thread writer([&sensor] {
    for (int i = 0; i < 200'000; ++i) sensor.record(7, kStart + i / 100);
  });
  Timestamp now = kStart;
  while (sensor.count() < 200'000) {
    const double average = sensor.average(now++);
    ASSERT_TRUE(std::isnan(average) || (average > 0 && average < 20'000)) << average;
    if (now > kStart + 2000) now = kStart;
  }
  writer.join();
  EXPECT_EQ(sensor.sum(), 1'400'000);
  EXPECT_EQ(sensor.average(kStart + 1999), 7);
}

}  // namespace
}  // namespace streams::metrics
