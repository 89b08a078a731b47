// The C++ side: interop_worker KEY=VALUE...; app.prefix is in front of the names of its topics.
#include "broker/worker_main.hpp"
#include "interop/interop_topology.hpp"

int main(int argc, char** argv) {
  return streams::testing::run_worker(argc, argv, [](const streams::StreamsConfig& config) {
    return streams::testing::interop_topology(config.get("app.prefix"));
  });
}
