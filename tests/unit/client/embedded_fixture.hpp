// What the tests of the embedded cluster share: a clock they own, a cluster, short words for sending and reading.
#pragma once

#include <streams/embedded_cluster.hpp>
#include <streams/testing/manual_clock.hpp>

#include <streams/client.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streams::client {

inline std::string text(const Status& status) {
  return std::to_string(static_cast<int>(status.code())) + " " + status.message();
}

#define EXPECT_OK(expression) EXPECT_EQ(::streams::client::text(expression), "0 ")
#define ASSERT_OK(expression) ASSERT_EQ(::streams::client::text(expression), "0 ")

class EmbeddedTest : public testing::Test {
 protected:
  std::unique_ptr<Consumer> consumer(Settings settings = {}) { return cluster_.clients().consumer(settings); }
  std::unique_ptr<Producer> producer(Settings settings = {}) { return cluster_.clients().producer(settings); }
  std::unique_ptr<Admin> admin() { return cluster_.clients().admin({}); }

  static Status send(Producer& to, const std::string& topic, const std::string& key, const std::string& value,
                     std::int32_t partition = 0) {
    return to.send({topic, partition, BytesView(key), BytesView(value)});
  }

  /// Takes what is there of a partition, as "offset:key=value".
  static std::vector<std::string> take(Consumer& from, const TopicPartition& partition) {
    std::vector<std::string> taken;
    std::vector<ConsumerError> errors;
    from.poll(0, errors);
    while (const auto batch = from.fetch(partition, 3)) {
      for (const ConsumerRecord& r : batch->records()) taken.push_back(show(r.offset, r.key, r.value));
    }
    return taken;
  }

  static std::string show(std::int64_t offset, const OptionalView& key, const OptionalView& value) {
    return std::to_string(offset) + ":" + std::string(key.value_or("null")) + "=" + std::string(value.value_or("null"));
  }

  /// The records of a topic's partitions, as "offset:key=value".
  std::vector<std::string> stored(const std::string& topic, bool read_committed = true) const {
    std::vector<std::string> all;
    for (const StoredRecord& r : cluster_.read(topic, read_committed).value())
      all.push_back(show(r.offset, r.key, r.value));
    return all;
  }

  ManualClock clock_{1'000'000'000'000};
  EmbeddedCluster cluster_{clock_};
};

}  // namespace streams::client
