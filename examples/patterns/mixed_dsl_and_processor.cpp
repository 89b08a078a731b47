// The DSL mixed with the Processor API: operators where they do, a processor for what only it can see.
#include "pattern.hpp"

#include <streams/processor.hpp>

#include <memory>

namespace patterns {
namespace {

/// Hides the last part of an IPv4 address, and notes in a header where the record was read: headers and offsets are out
/// of reach for the DSL's functions.
class MaskAddress final : public streams::FixedKeyProcessor<std::string, std::string> {
 public:
  void process(streams::FixedKeyRecord<std::string, std::string>&& record) override {
    std::string& line = *record.value;
    const std::size_t end = line.find(' '), last_dot = line.rfind('.', end);
    line.replace(last_dot + 1, end - last_dot - 1, "xxx");
    if (const auto source = context().record_metadata()) {
      record.headers.add("read-from", std::string(source->topic) + "/" + std::to_string(source->offset));
    }
    context().forward(std::move(record));
  }
};

streams::Topology mixed_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::string>("access-log")
      .filter([](const std::string& line) { return line.find('.') != std::string::npos; })
      // process_values() promises that keys stay, so that nothing is repartitioned later; process() promises nothing.
      // The function makes a processor for each task: processors share nothing, so they need no locks.
      .process_values([] { return std::make_unique<MaskAddress>(); }, {.name = "mask-address"})
      .map_values([](const std::string& line) { return "seen: " + line; })
      .to("masked-access-log");
  return builder.build();
}

}  // namespace

Pattern mixed_dsl_and_processor_pattern() {
  const Topic<std::string, std::string> log("access-log"), masked("masked-access-log");
  return {.name = "mixed_dsl_and_processor",
          .teaches = "a processor between operators: headers, offsets, anything",
          .topology = mixed_topology,
          .inputs = {log},
          .outputs = {masked},
          .steps = {{{log(1s, "web-1", "192.0.2.17 GET /"), log(2s, "web-1", "restarted"),
                      log(3s, "web-2", "198.51.100.4 GET /map")},
                     2}}};
}

}  // namespace patterns
