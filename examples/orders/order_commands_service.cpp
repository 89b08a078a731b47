// The commands service as a program.
#include "order_commands_topology.hpp"
#include "service_main.hpp"

int main(int argc, char** argv) {
  const orders::Service service{"OrderCommandsService", "does to orders what commands ask for, if it may be done."};
  return orders::service_main(argc, argv, service, orders::order_commands_topology);
}
