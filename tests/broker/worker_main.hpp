// main() of an application that a test starts as a process of its own, and stops or kills.
#pragma once

#include <streams/kafka_streams.hpp>

#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace streams::testing {

/// The arguments are settings, KEY=VALUE. Runs `topology_of(settings)` until SIGTERM, then closes, leaving the group.
/// Gives the exit status: 0 unless something failed.
template <class TopologyOf>
int run_worker(int argc, char** argv, TopologyOf topology_of) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread is made: they inherit it
  try {
    StreamsConfig config;
    for (int i = 1; i < argc; ++i) {
      const std::string argument = argv[i];
      const std::size_t split = argument.find('=');
      config.set(argument.substr(0, split), argument.substr(split + 1));
    }
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) config.set_logger(stderr_logger(LogLevel::kError));
    KafkaStreams app(topology_of(config), config);
    app.set_state_listener([](KafkaStreams::State to, KafkaStreams::State) {
      if (to == KafkaStreams::State::kError) raise(SIGTERM);
    });
    app.start();
    int signal = 0;
    sigwait(&signals, &signal);
    app.close();
    return app.state() == KafkaStreams::State::kNotRunning ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace streams::testing
