// The customer-orders view as a program.
#include "customer_orders_topology.hpp"
#include "service_main.hpp"

int main(int argc, char** argv) {
  const orders::Service service{"CustomerOrdersView", "keeps orders by customer, amount, state and country."};
  return orders::service_main(argc, argv, service, orders::customer_orders_topology);
}
