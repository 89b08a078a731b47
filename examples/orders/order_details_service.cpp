// The order details service as a program: a consumer and a producer, no topology.
#include "order_details.hpp"
#include "service_main.hpp"

#include <chrono>
#include <string>
#include <thread>

int main(int argc, char** argv) {
  std::string instance = "0";
  const orders::Service service{
      "OrderDetailsService", "checks each new order by itself, with plain clients.", [&](orders::CommandLine& line) {
        line.text("--instance-id", "ID", instance,
                  "its own among those that run at once: of two with the same id, the older one ends");
      }};
  return orders::plain_service_main(
      argc, argv, service, [&instance](auto& clients, const orders::ServiceArguments& arguments) -> std::string {
        orders::OrderDetailsService details(clients, {.group_id = arguments.application_id,
                                                      .instance_id = instance,
                                                      .exactly_once = arguments.guarantee == "exactly_once_v2",
                                                      .topic_prefix = arguments.topic_prefix});
        details.start();
        while (!orders::interrupted() && details.running()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
        details.stop();
        return orders::interrupted() ? "" : "ended by itself: " + details.last_error();
      });
}
