// Runs a whole topology in this thread, without cluster: a record in, everything that comes out.
#pragma once

#include <streams/config.hpp>
#include <streams/errors.hpp>
#include <streams/metrics.hpp>
#include <streams/serde.hpp>
#include <streams/state_store.hpp>
#include <streams/testing/test_input_topic.hpp>
#include <streams/testing/test_output_topic.hpp>
#include <streams/testing/test_record.hpp>
#include <streams/topology.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace streams {

/// How a test driver differs from Kafka Streams'.
struct TestDriverOptions {
  /// What the driver's clock shows at first; nullopt: the system's time.
  std::optional<Timestamp> wall_clock_start_ms = std::nullopt;
  /// Commit after every record that is processed. Otherwise only commit() does.
  bool commit_each_record = true;
  /// Persistent stores keep their rows in memory too; they behave the same.
  bool in_memory = false;
};

/// Drives all sub-topologies and global stores of a topology as one task "0_0". Every topic has one partition; all
/// topics that one pattern matches share a queue. A record that is sent to a topic which the topology reads comes in
/// again, before the call returns. Nothing runs by itself: time passes in advance_wall_clock_time() only.
///
/// Settings: as for an application; "application.id" may be left out. Results that an application holds back for a
/// while (outer joins, emit on window close) come at once, unless "__emit.interval.ms..." is set. Persistent stores are
/// in a temporary directory, gone with the driver. Errors: TaskError where the application's stream thread would end
/// with it; then the driver can only be closed. Source: org.apache.kafka.streams.TopologyTestDriver.
class TopologyTestDriver {
 public:
  explicit TopologyTestDriver(const Topology& topology, const StreamsConfig& config = {},
                              TestDriverOptions options = {});
  ~TopologyTestDriver();
  TopologyTestDriver(const TopologyTestDriver&) = delete;
  TopologyTestDriver& operator=(const TopologyTestDriver&) = delete;

  /// Pipes typed records in. Without a start time the first record has the driver's clock's; each further one is
  /// `auto_advance_ms` later. The topic object must not outlive the driver.
  template <class K, class V>
  TestInputTopic<K, V> create_input_topic(const std::string& topic, SerdePtr<K> key_serde = {},
                                          SerdePtr<V> value_serde = {},
                                          std::optional<Timestamp> start_ms = std::nullopt,
                                          std::int64_t auto_advance_ms = 0) {
    return {*this,
            topic,
            serde_or_default(key_serde),
            serde_or_default(value_serde),
            start_ms.value_or(wall_clock_time()),
            auto_advance_ms};
  }
  /// Reads what was sent to a topic, typed. The topic object must not outlive the driver.
  template <class K, class V>
  TestOutputTopic<K, V> create_output_topic(const std::string& topic, SerdePtr<K> key_serde = {},
                                            SerdePtr<V> value_serde = {}) {
    return {*this, topic, serde_or_default(key_serde), serde_or_default(value_serde)};
  }

  /// Pipes one record in and processes until nothing is left. Throws InvalidArgument if nothing reads the topic.
  void pipe_raw(const RawTestRecord& record);
  /// Puts all records into their queues before the first is processed: the order is then that of their timestamps.
  void pipe_batch(const std::vector<RawTestRecord>& records);

  /// Moves the clock on and fires what is due by it; then commits and processes what came of it.
  void advance_wall_clock_time(std::int64_t by_ms);
  Timestamp wall_clock_time() const;
  /// The highest timestamp processed so far; -1 before the first.
  Timestamp stream_time() const;
  /// Commits as the stream thread does now and then: caches are flushed, and what that sends is processed.
  void commit();
  /// Stops the application and starts it anew on the same state: caches are flushed, stores in memory are restored from
  /// their changelogs, positions and partition times come from the last commit.
  void restart();

  /// Everything sent since the last call, to any topic, changelogs and repartition topics too, in order.
  std::vector<RawTestRecord> take_outputs();
  /// The next record sent to a topic that was not read this way before; nullopt if there is none. Independent of
  /// take_outputs().
  std::optional<RawTestRecord> read_raw(const std::string& topic);
  /// How many records read_raw() still has to give.
  std::size_t queue_size(const std::string& topic) const;
  /// Full names of all topics that anything was sent to.
  std::set<std::string> produced_topic_names() const;

  /// A store of the topology, global ones included; null if there is none of that name.
  StateStore* state_store(const std::string& name);
  /// The same as the interface it has (KeyValueStore<K, V>, TimestampedKeyValueStore<K, V>, WindowStore<K, V>, ...).
  /// Throws InvalidStateStore if there is no such store or it is of another type.
  template <class Store>
  Store& get_state_store(const std::string& name) {
    auto* store = dynamic_cast<Store*>(state_store(name));
    if (store == nullptr) throw_no_such_store(name);
    return *store;
  }
  /// Names of all stores, global ones included.
  std::vector<std::string> state_store_names() const;

  /// Sum of all dropped-records-total.
  std::uint64_t dropped_records() const;
  /// The metrics of the task, its nodes, topics and stores, as KafkaStreams::metrics(); tag thread-id is "main".
  std::vector<Metric> metrics() const;
  const std::string& application_id() const;

  /// Flushes and closes everything; what that sends is not processed any more. The destructor does it too, but cannot
  /// throw.
  void close();

 private:
  [[noreturn]] void throw_no_such_store(const std::string& name);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

template <class K, class V>
void TestInputTopic<K, V>::pipe_input(TestRecord<K, V> record) {
  RawTestRecord raw;
  raw.topic = topic_;
  if (record.key) key_serde_->serialize(topic_, *record.key, raw.key.emplace());
  if (record.value) value_serde_->serialize(topic_, *record.value, raw.value.emplace());
  raw.timestamp = record.timestamp ? *record.timestamp : next_time();
  raw.headers = std::move(record.headers);
  driver_->pipe_raw(raw);
}

template <class K, class V>
TestRecord<K, V> TestOutputTopic<K, V>::read_record() {
  std::optional<RawTestRecord> raw = driver_->read_raw(topic_);
  if (!raw) throw StreamsError("Empty topic: " + topic_);
  TestRecord<K, V> out;
  if (raw->key) out.key.emplace(key_serde_->deserialize(topic_, *raw->key));
  if (raw->value) out.value.emplace(value_serde_->deserialize(topic_, *raw->value));
  if (raw->timestamp >= 0) out.timestamp = raw->timestamp;
  out.headers = std::move(raw->headers);
  return out;
}

template <class K, class V>
std::size_t TestOutputTopic<K, V>::size() const {
  return driver_->queue_size(topic_);
}

}  // namespace streams
