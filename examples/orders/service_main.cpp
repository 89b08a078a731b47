// Runs one service on a Kafka cluster.
#include "service_main.hpp"

#include "topics.hpp"

#include <streams/errors.hpp>
#include <streams/kafka_clients.hpp>
#include <streams/kafka_streams.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace orders {
namespace {

volatile std::sig_atomic_t interrupted = 0;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Lines "key=value"; empty ones and those that begin with # do not count.
std::map<std::string, std::string> read_settings(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::invalid_argument("--config: " + path + " cannot be read");
  std::map<std::string, std::string> settings;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw std::invalid_argument(path + ":" + std::to_string(number) + ": not a setting (key=value): " + line);
    }
    settings[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  }
  return settings;
}

int thread_count(const std::string& text) {
  const bool digits = !text.empty() && text.size() < 4 && text.find_first_not_of("0123456789") == std::string::npos;
  const int count = digits ? std::stoi(text) : 0;
  if (count < 1) throw std::invalid_argument("--threads takes a whole number from 1 to 999, not '" + text + "'");
  return count;
}

std::string known_guarantee(const std::string& text) {
  if (text == "exactly_once_v2" || text == "at_least_once") return text;
  throw std::invalid_argument("--guarantee is exactly_once_v2 or at_least_once, not '" + text + "'");
}

void set(ServiceArguments& arguments, const std::string& option, const std::string& value) {
  if (option == "--bootstrap-servers")
    arguments.bootstrap_servers = value;
  else if (option == "--application-id")
    arguments.application_id = value;
  else if (option == "--state-dir")
    arguments.state_dir = value;
  else if (option == "--threads")
    arguments.threads = thread_count(value);
  else if (option == "--guarantee")
    arguments.guarantee = known_guarantee(value);
  else if (option == "--config")
    arguments.settings = read_settings(value);
  else
    throw std::invalid_argument("unknown option: " + option);
}

void create_topics_on(streams::client::ClientFactory& clients) {
  create_topics(*clients.admin({}), ecosystem_topics());
}

std::string run_topology(const ServiceArguments& arguments, const std::function<streams::Topology()>& topology) {
  streams::KafkaStreams app(topology(), arguments.streams_config());
  using State = streams::KafkaStreams::State;
  app.set_state_listener([&](State to, State) {
    std::fprintf(stderr, "%s: %s\n", arguments.application_id.c_str(), std::string(streams::name_of(to)).c_str());
  });
  if (arguments.clean_state) app.clean_up();
  app.start();
  const auto runs = [&] { return app.state() != State::kError && app.state() != State::kNotRunning; };
  while (interrupted == 0 && runs()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  app.close();
  return interrupted != 0 ? "" : "ended by itself: " + app.last_error();
}

}  // namespace

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

streams::client::Settings ServiceArguments::client_settings() const {
  streams::client::Settings out{{"bootstrap.servers", bootstrap_servers}};
  for (const auto& [key, value] : settings) {
    for (const std::string_view prefix : {"security.", "ssl.", "sasl."}) {
      if (key.starts_with(prefix)) out[key] = value;
    }
  }
  return out;
}

std::string usage(const Service& service) {
  return service.name + ": " + service.purpose + R"(

options:
  --bootstrap-servers H:P  the cluster (localhost:9092); topics that are missing are created
  --application-id ID      ()" +
         service.name + R"()
  --state-dir DIR          local state
  --threads N              stream threads (1)
  --guarantee G            exactly_once_v2 or at_least_once (exactly_once_v2)
  --config FILE            more settings, lines of key=value; the options win
  --clean-state            delete local state first
  --help
)";
}

ServiceArguments parse_arguments(const std::vector<std::string>& arguments, const Service& service) {
  ServiceArguments out;
  out.application_id = service.name;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& option = arguments[i];
    if (option == "--help" || option == "-h") {
      out.help = true;
    } else if (option == "--clean-state") {
      out.clean_state = true;
    } else {
      if (i + 1 == arguments.size()) {
        throw std::invalid_argument("unknown option, or its value is missing: " + option);
      }
      set(out, option, arguments[++i]);
    }
  }
  return out;
}

int plain_service_main(int argc, char** argv, const Service& service, const PlainService& run) {
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  try {
    const ServiceArguments arguments = parse_arguments({argv + 1, argv + argc}, service);
    if (arguments.help) {
      std::fputs(usage(service).c_str(), stdout);
      return 0;
    }
    const auto clients = streams::client::make_kafka_clients(arguments.client_settings(), nullptr);
    create_topics_on(*clients);
    const std::string error = run(*clients, arguments, [] { return interrupted != 0; });
    if (error.empty()) return 0;
    std::fprintf(stderr, "%s: %s\n", service.name.c_str(), error.c_str());
    return 1;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s: %s\n\n%s", service.name.c_str(), error.what(), usage(service).c_str());
    return 2;
  } catch (const streams::ConfigError& error) {
    std::fprintf(stderr, "%s: %s\n", service.name.c_str(), error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", service.name.c_str(), error.what());
    return 1;
  }
}

int service_main(int argc, char** argv, const Service& service, const std::function<streams::Topology()>& topology) {
  return plain_service_main(argc, argv, service,
                            [&](streams::client::ClientFactory&, const ServiceArguments& arguments,
                                const std::function<bool()>&) { return run_topology(arguments, topology); });
}

}  // namespace orders
