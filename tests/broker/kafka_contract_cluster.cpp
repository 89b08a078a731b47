// Runs the client contract against a real Kafka.
#include <streams/kafka_clients.hpp>
#include "broker/test_broker.hpp"
#include "contract/client_contract.hpp"

namespace streams::client::contract {

const Cluster& contract_cluster() {
  static const streams::testing::TestBroker& broker = streams::testing::test_broker();
  static const auto clients = make_kafka_clients({{"bootstrap.servers", broker.bootstrap}}, nullptr);
  static const Cluster cluster{broker.bootstrap.empty() ? nullptr : clients.get(), broker.why_not, broker.required};
  return cluster;
}

}  // namespace streams::client::contract
