// The service of the latest orders as a program.
#include "orders_latest_topology.hpp"
#include "service_main.hpp"

int main(int argc, char** argv) {
  const orders::Service service{"OrdersLatestService", "keeps the latest order of each id in a compacted topic."};
  return orders::service_main(argc, argv, service, orders::orders_latest_topology);
}
