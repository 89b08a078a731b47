// The inventory service as a program.
#include "inventory_topology.hpp"
#include "service_main.hpp"

int main(int argc, char** argv) {
  const orders::Service service{"InventoryService", "reserves stock for new orders."};
  return orders::service_main(argc, argv, service, orders::inventory_topology);
}
