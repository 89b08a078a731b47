// The input side of a test: typed records into a topic of a TopologyTestDriver.
#pragma once

#include <streams/serde.hpp>
#include <streams/testing/test_record.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams {

class TopologyTestDriver;

/// Pipes records into a topic; the topology has processed each when the call returns. Made by
/// TopologyTestDriver::create_input_topic(). Source: org.apache.kafka.streams.TestInputTopic.
template <class K, class V>
class TestInputTopic {
 public:
  TestInputTopic(TopologyTestDriver& driver, std::string topic, SerdePtr<K> key_serde, SerdePtr<V> value_serde,
                 Timestamp start_ms, std::int64_t auto_advance_ms)
      : driver_(&driver),
        topic_(std::move(topic)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)),
        time_(start_ms),
        auto_advance_ms_(auto_advance_ms) {}

  /// A record without timestamp gets the topic's time, which then moves on.
  void pipe_input(TestRecord<K, V> record);
  void pipe_input(std::optional<K> key, std::optional<V> value, std::optional<Timestamp> timestamp = std::nullopt) {
    pipe_input(TestRecord<K, V>{std::move(key), std::move(value), timestamp, {}});
  }
  /// A record without key.
  void pipe_value(std::optional<V> value, std::optional<Timestamp> timestamp = std::nullopt) {
    pipe_input(TestRecord<K, V>{std::nullopt, std::move(value), timestamp, {}});
  }
  /// Pipes them in one after the other.
  void pipe_records(std::vector<TestRecord<K, V>> records) {
    for (TestRecord<K, V>& record : records) pipe_input(std::move(record));
  }
  /// Moves the topic's time on.
  void advance_time(std::int64_t by_ms) {
    if (by_ms < 0) throw InvalidArgument("Time must not be advanced by a negative duration.");
    time_ += by_ms;
  }

 private:
  Timestamp next_time() {
    const Timestamp now = time_;
    time_ += auto_advance_ms_;
    return now;
  }

  TopologyTestDriver* driver_;
  std::string topic_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  Timestamp time_;
  std::int64_t auto_advance_ms_;
};

}  // namespace streams
