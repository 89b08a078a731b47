// Runs one service on a Kafka cluster.
#include "service_main.hpp"

#include "topics.hpp"

#include <streams/kafka_clients.hpp>
#include <streams/kafka_streams.hpp>

#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>

namespace orders {
streams::client::Settings client_settings(const std::string& bootstrap_servers,
                                          const std::map<std::string, std::string>& settings) {
  streams::client::Settings out{{"bootstrap.servers", bootstrap_servers}};
  for (const auto& [key, value] : settings) {
    for (const std::string_view prefix : {"security.", "ssl.", "sasl."}) {
      if (key.starts_with(prefix)) out[key] = value;
    }
  }
  return out;
}

streams::StreamsConfig ServiceArguments::streams_config() const {
  // Short waits, as people watch. Everything from the beginning: a service that comes later sees the history, too.
  streams::StreamsConfig config{{"commit.interval.ms", "100"}, {"auto.offset.reset", "earliest"}};
  for (const auto& [key, value] : settings) config.set(key, value);
  config.set("bootstrap.servers", bootstrap_servers);
  config.set("application.id", application_id);
  config.set("num.stream.threads", threads);
  config.set("processing.guarantee", guarantee);
  if (!state_dir.empty()) config.set("state.dir", state_dir);
  return config;
}

CommandLine command_line(const Service& service, ServiceArguments& arguments) {
  arguments.application_id = service.name;
  CommandLine line(service.name, service.purpose);
  line.text("--bootstrap-servers", "H:P", arguments.bootstrap_servers, "the cluster; missing topics are created");
  line.text("--application-id", "ID", arguments.application_id, "the group that its instances share");
  line.text("--topic-prefix", "TEXT", arguments.topic_prefix, "in front of the names of all topics (none)");
  line.text("--state-dir", "DIR", arguments.state_dir, "local state (the library's default)");
  line.number("--threads", arguments.threads, 1, 999, "stream threads");
  line.choice("--guarantee", {"exactly_once_v2", "at_least_once"}, arguments.guarantee, "how often each record counts");
  line.settings("--config", arguments.settings,
                {{"bootstrap.servers", "--bootstrap-servers"},
                 {"application.id", "--application-id"},
                 {"state.dir", "--state-dir"},
                 {"num.stream.threads", "--threads"},
                 {"processing.guarantee", "--guarantee"}},
                "more settings, lines of key=value; the options win");
  line.flag("--clean-state", arguments.clean_state, "delete local state first");
  if (service.more_options) service.more_options(line);
  return line;
}

int plain_service_main(int argc, char** argv, const Service& service, const PlainService& run) {
  ServiceArguments arguments;
  CommandLine line = command_line(service, arguments);
  return run_program(line, argc, argv, [&] {
    const auto clients =
        streams::client::make_kafka_clients(client_settings(arguments.bootstrap_servers, arguments.settings), nullptr);
    const auto admin = clients->admin({});
    create_topics(*admin, ecosystem_topics(4, arguments.topic_prefix));
    require_commands_beside_orders(*admin, arguments.topic_prefix);
    const std::string error = run(*clients, arguments);
    if (!error.empty()) throw std::runtime_error(error);
    return 0;
  });
}

void prepare(streams::KafkaStreams& application, const ServiceArguments& arguments) {
  using State = streams::KafkaStreams::State;
  application.set_state_listener([id = arguments.application_id](State to, State) {
    std::fprintf(stderr, "%s: %s\n", id.c_str(), std::string(streams::name_of(to)).c_str());
  });
  if (arguments.clean_state) application.clean_up();
}

std::string wait_for_end(const streams::KafkaStreams& application) {
  using State = streams::KafkaStreams::State;
  while (!interrupted()) {
    const State state = application.state();
    if (state == State::kError || state == State::kNotRunning) return "ended by itself: " + application.last_error();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return "";
}

int service_main(int argc, char** argv, const Service& service,
                 const std::function<streams::Topology(const std::string& topic_prefix)>& topology) {
  return plain_service_main(
      argc, argv, service, [&](streams::client::ClientFactory&, const ServiceArguments& arguments) {
        streams::KafkaStreams application(topology(arguments.topic_prefix), arguments.streams_config());
        prepare(application, arguments);
        application.start();
        const std::string error = wait_for_end(application);
        application.close();
        return error;
      });
}

}  // namespace orders
