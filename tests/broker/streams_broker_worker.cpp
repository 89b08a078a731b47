// An application for tests that kill it: streams_broker_worker KEY=VALUE...; app.in and app.out name its topics.
#include "broker/broker_topologies.hpp"
#include "broker/worker_main.hpp"

int main(int argc, char** argv) {
  return streams::testing::run_worker(argc, argv, [](const streams::StreamsConfig& config) {
    return streams::testing::count_topology(config.get("app.in"), config.get("app.out"));
  });
}
