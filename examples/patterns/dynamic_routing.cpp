// Dynamic routing: each record says which topic it goes to.
#include "pattern.hpp"

namespace patterns {
namespace {

streams::Topology routing_topology() {
  streams::StreamsBuilder builder;
  builder
      .stream<std::string, std::string>("log-lines")
      // A topic for each first word: "ERROR disk full" goes to log-error. With split() the topics would have to be
      // known when the topology is built; here it is enough that they exist when the record comes. Keep a topic for
      // what nobody expected: a name that does not exist would stop the application.
      .to([](const std::string*, const std::string* line, const streams::RecordContext&) -> std::string {
        if (line != nullptr && line->starts_with("ERROR ")) return "log-error";
        if (line != nullptr && line->starts_with("INFO ")) return "log-info";
        return "log-other";
      });
  return builder.build();
}

}  // namespace

Pattern dynamic_routing_pattern() {
  const Topic<std::string, std::string> lines("log-lines"), errors("log-error"), infos("log-info"), others("log-other");
  return {.name = "dynamic_routing",
          .teaches = "the topic is chosen record by record",
          .topology = routing_topology,
          .inputs = {lines},
          .outputs = {errors, infos, others},
          .steps = {{{lines(1s, "web-1", "INFO started"), lines(2s, "web-2", "ERROR disk full"),
                      lines(3s, "web-1", "core dumped"), lines(4s, "web-1", std::nullopt)},
                     4}}};
}

}  // namespace patterns
