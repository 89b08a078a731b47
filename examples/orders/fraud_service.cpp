// The fraud service as a program.
#include "fraud_topology.hpp"
#include "service_main.hpp"

int main(int argc, char** argv) {
  const orders::Service service{"FraudService", "customers who order too much in one go get no more."};
  return orders::service_main(
      argc, argv, service, [](const std::string& prefix) { return orders::fraud_topology({.topic_prefix = prefix}); });
}
