// The order grid as a program.
#include "order_grid_topology.hpp"
#include "service_main.hpp"

int main(int argc, char** argv) {
  const orders::Service service{"OrderGridView", "keeps orders with payment and customer in one row."};
  return orders::service_main(argc, argv, service, orders::order_grid_topology);
}
