// The order details service as a program: a consumer and a producer, no topology.
#include "order_details.hpp"
#include "service_main.hpp"

#include <chrono>

int main(int argc, char** argv) {
  const orders::Service service{"OrderDetailsService", "checks each new order by itself, with plain clients."};
  return orders::plain_service_main(
      argc, argv, service,
      [](auto& clients, const orders::ServiceArguments& arguments, const auto& stop) -> std::string {
        orders::OrderDetailsService details(
            clients, {.group_id = arguments.application_id, .exactly_once = arguments.guarantee == "exactly_once_v2"});
        details.start();
        while (!stop() && details.running()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
        details.stop();
        return stop() ? "" : "ended by itself: " + details.last_error();
      });
}
