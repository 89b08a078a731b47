// The orders service as a program.
#include "orders_service.hpp"
#include "service_main.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  orders::OrdersServiceOptions options{.http = {.port = 8080}};
  int port = options.http.port;
  const auto http_options = [&](orders::CommandLine& line) {
    line.text("--host", "ADDRESS", options.http.host, "to listen on");
    line.number("--port", port, 0, 65535, "to listen on; 0: any that is free, the first line of output says which");
    line.text("--advertised-host", "NAME", options.http.advertised_host,
              "under which other instances reach this one (that of --host)");
  };
  const orders::Service service{"OrdersService", "takes orders over HTTP, and shows what has become of them.",
                                http_options};
  return orders::plain_service_main(
      argc, argv, service, [&](auto&, const orders::ServiceArguments& arguments) -> std::string {
        options.http.port = static_cast<std::uint16_t>(port);
        options.config = arguments.streams_config();
        options.topic_prefix = arguments.topic_prefix;
        const orders::Cluster cluster(orders::client_settings(arguments.bootstrap_servers, arguments.settings));
        orders::OrdersService running(cluster, options);
        std::printf("OrdersService: http://%s\n", running.server().address().endpoint().c_str());
        std::fflush(stdout);
        orders::prepare(running.application(), arguments);
        running.start();
        const std::string error = orders::wait_for_end(running.application());
        running.stop();
        return error;
      });
}
