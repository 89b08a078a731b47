// Word count on a real cluster: word_count HOST:PORT. Reads topic text-lines, writes topic word-counts, until Ctrl-C.
#include "word_count_topology.hpp"

#include <streams/streams.hpp>

#include <csignal>
#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: word_count HOST:PORT\n");
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    streams::KafkaStreams app(word_count_topology(),
                              {{"application.id", "word-count"}, {"bootstrap.servers", argv[1]}});
    app.start();
    int signal = 0;
    sigwait(&signals, &signal);
    app.close();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "word_count: %s\n", error.what());
    return 1;
  }
}
