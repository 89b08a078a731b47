// The order services on a real cluster: topics of a test's own, services in processes of their own, what they wrote.
#pragma once

#include "broker/kafka_app.hpp"

#include <examples/orders/model.hpp>
#include <examples/orders/topics.hpp>
#include <streams/serde.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace streams::testing {

inline orders::Customer customer(std::int64_t id, const std::string& level) {
  return {.id = id, .first_name = "Imke", .email = "imke@example.org", .level = level, .country = "NL"};
}

/// Looks again and again, every few milliseconds.
bool soon(const std::function<bool()>& done, std::chrono::seconds timeout = std::chrono::seconds(60));

/// Verdicts as they are written: those of transactions that never end well, too.
class WrittenVerdicts {
 public:
  WrittenVerdicts(client::ClientFactory& clients, const std::string& topic, std::int32_t partitions);
  /// Reads what has come meanwhile; true if each of these orders has a verdict.
  bool has(const std::set<std::string>& orders);
  std::size_t count() const { return count_; }

 private:
  std::unique_ptr<client::Consumer> consumer_;
  std::vector<client::TopicPartition> partitions_;
  std::set<std::string> seen_;
  std::size_t count_ = 0;
};

class OrdersAppTest : public KafkaAppTest {
 protected:
  static constexpr std::int32_t kPartitions = 2;
  static constexpr int kTimeoutMs = 30'000;

  void SetUp() override;
  void create_topics();

  /// Writes a record as of now.
  template <class K, class V>
  void put(const std::string& topic, const K& key, const V& value, Timestamp timestamp = now()) {
    std::pair<std::string, std::string> record;
    DefaultSerde<K>::get()->serialize("", key, record.first);
    DefaultSerde<V>::get()->serialize("", value, record.second);
    send(name(topic), record.first, record.second, timestamp);
  }
  void put(const orders::Order& order, Timestamp timestamp = now()) {
    put(orders::kOrdersTopic, order.id, order, timestamp);
  }
  static Timestamp now();

  /// The command line of one of the programs of examples/orders, for this test's cluster and topics. Its state is in a
  /// directory of this name.
  std::vector<std::string> command(const std::string& file, const std::string& service, const std::string& state) const;
  /// Runs it, with a state directory by the service's name.
  std::unique_ptr<Worker> program(const std::string& file, const std::string& service) const;
  /// The application id of a service in this test, as its internal topics begin with it.
  std::string application(const std::string& service) const { return name(service); }

  /// Everything that is committed in a topic now, by key.
  template <class V>
  std::vector<std::pair<std::string, V>> values(const std::string& topic) {
    std::vector<std::pair<std::string, V>> out;
    for (const ReadRecord& record : read(name(topic))) {
      if (record.key && record.value)
        out.emplace_back(*record.key, DefaultSerde<V>::get()->deserialize("", BytesView(*record.value)));
    }
    return out;
  }
  /// The states in which an order came, one after the other.
  std::vector<orders::OrderState> states(const std::string& order);
  /// The amounts of a product that were reserved, one after the other, as the store of the inventory service was told.
  std::vector<std::int64_t> reserved(const std::string& product);
  /// Whether a service has committed all that is in a topic.
  bool has_committed_all(const std::string& service, const std::string& topic);
  /// Members of a service's group and what they read.
  std::map<std::string, std::vector<client::TopicPartition>> members(const std::string& service);

 private:
  void send(const std::string& topic, const std::string& key, const std::string& value, Timestamp timestamp);
  std::unique_ptr<client::Producer> producer_;
};

}  // namespace streams::testing
