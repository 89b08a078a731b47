// The inventory service for tests that crash it: orders_worker KEY=VALUE...; app.prefix is in front of the names of its
// topics, app.crash.at an order: once its stock is reserved and its verdict handed to the producer, and before that is
// committed, the process is gone. With app.hang=true it waits there to be killed, while the producer goes on sending.
#include "broker/worker_main.hpp"

#include <examples/orders/inventory_topology.hpp>

#include <unistd.h>

namespace {

class Crash final : public streams::Processor<std::string, orders::OrderValidation> {
 public:
  Crash(std::string at, bool hang) : at_(std::move(at)), hang_(hang) {}
  void process(streams::Record<std::string, orders::OrderValidation>&& record) override {
    if (record.key != at_) return;
    if (!hang_) ::_exit(77);
    while (true) ::pause();
  }

 private:
  const std::string at_;
  const bool hang_;
};

}  // namespace

int main(int argc, char** argv) {
  return streams::testing::run_worker(argc, argv, [](const streams::StreamsConfig& config) {
    streams::Topology topology = orders::inventory_topology(config.get("app.prefix"));
    const auto crash = [at = config.get("app.crash.at"), hang = config.get("app.hang") == "true"] {
      return std::make_unique<Crash>(at, hang);
    };
    topology.add_processor("crash", crash, {"reserve"});  // behind the sink
    return topology;
  });
}
