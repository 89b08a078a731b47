// The email service for tests that kill it: email_worker KEY=VALUE...; app.prefix is in front of the names of its
// topics.
#include "broker/email_app.hpp"

#include <streams/kafka_streams.hpp>

#include <signal.h>

#include <cstdio>
#include <exception>
#include <string>

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread is made: they inherit it
  try {
    streams::StreamsConfig config;
    for (int i = 1; i < argc; ++i) {
      const std::string argument = argv[i];
      const std::size_t split = argument.find('=');
      config.set(argument.substr(0, split), argument.substr(split + 1));
    }
    config.set_logger(streams::stderr_logger(streams::LogLevel::kError));
    streams::KafkaStreams app(streams::testing::email_app(config.get("app.prefix")), config);
    app.set_state_listener([](streams::KafkaStreams::State to, streams::KafkaStreams::State) {
      if (to == streams::KafkaStreams::State::kError) raise(SIGTERM);
    });
    app.start();
    int signal = 0;
    sigwait(&signals, &signal);
    app.close();
    return app.state() == streams::KafkaStreams::State::kNotRunning ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
