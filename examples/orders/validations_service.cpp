// The aggregator of validations as a program.
#include "service_main.hpp"
#include "validations_topology.hpp"

int main(int argc, char** argv) {
  const orders::Service service{"ValidationsAggregatorService", "decides on orders when their checks are in."};
  return orders::service_main(argc, argv, service, [](const std::string& prefix) {
    return orders::validations_topology({.topic_prefix = prefix});
  });
}
