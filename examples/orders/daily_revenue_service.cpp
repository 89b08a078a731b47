// The daily revenue as a program.
#include "daily_revenue_topology.hpp"
#include "service_main.hpp"

int main(int argc, char** argv) {
  const orders::Service service{"DailyRevenueService", "adds up the revenue of each day."};
  return orders::service_main(argc, argv, service, orders::daily_revenue_topology);
}
