// The email service for tests that kill it: email_worker KEY=VALUE...; app.prefix is in front of the names of its
// topics.
#include "broker/email_app.hpp"
#include "broker/worker_main.hpp"

int main(int argc, char** argv) {
  return streams::testing::run_worker(argc, argv, [](const streams::StreamsConfig& config) {
    return streams::testing::email_app(config.get("app.prefix"));
  });
}
