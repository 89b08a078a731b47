// The output side of a test: typed records out of a topic of a TopologyTestDriver.
#pragma once

#include <streams/serde.hpp>
#include <streams/testing/test_record.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams {

class TopologyTestDriver;

/// Reads records that the topology sent to a topic; each is read once. Made by
/// TopologyTestDriver::create_output_topic(). Source: org.apache.kafka.streams.TestOutputTopic.
template <class K, class V>
class TestOutputTopic {
 public:
  TestOutputTopic(TopologyTestDriver& driver, std::string topic, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : driver_(&driver),
        topic_(std::move(topic)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)) {}

  /// The next record. Throws StreamsError if there is none.
  TestRecord<K, V> read_record();
  /// The value of the next record; nullopt is a null value. Throws StreamsError if there is no record.
  std::optional<V> read_value() { return read_record().value; }
  /// Key and value of the next record. Throws StreamsError if there is none.
  std::pair<std::optional<K>, std::optional<V>> read_key_value() {
    TestRecord<K, V> record = read_record();
    return {std::move(record.key), std::move(record.value)};
  }

  /// All that are left, in order.
  std::vector<TestRecord<K, V>> read_records() {
    std::vector<TestRecord<K, V>> out;
    while (!empty()) out.push_back(read_record());
    return out;
  }
  /// The values of all that are left, in order.
  std::vector<std::optional<V>> read_values() {
    std::vector<std::optional<V>> out;
    while (!empty()) out.push_back(read_value());
    return out;
  }
  /// Keys and values of all that are left, in order.
  std::vector<std::pair<std::optional<K>, std::optional<V>>> read_key_values() {
    std::vector<std::pair<std::optional<K>, std::optional<V>>> out;
    while (!empty()) out.push_back(read_key_value());
    return out;
  }
  /// The last value of each key among all that are left. Throws StreamsError for a null key.
  std::map<K, std::optional<V>> read_map() {
    std::map<K, std::optional<V>> out;
    while (!empty()) {
      TestRecord<K, V> record = read_record();
      if (!record.key) throw StreamsError("Null keys not allowed with read_map(): " + topic_);
      out.insert_or_assign(std::move(*record.key), std::move(record.value));
    }
    return out;
  }

  /// How many records are left.
  std::size_t size() const;
  bool empty() const { return size() == 0; }

 private:
  TopologyTestDriver* driver_;
  std::string topic_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
};

}  // namespace streams
