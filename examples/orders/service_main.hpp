// What the programs of the services have in common: options, topics, a run until somebody says stop.
#pragma once

#include "command_line.hpp"

#include <streams/client.hpp>
#include <streams/config.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/topology.hpp>

#include <functional>
#include <map>
#include <string>

namespace orders {

/// Those of the settings that plain clients need to reach a cluster: addresses, security.
streams::client::Settings client_settings(const std::string& bootstrap_servers,
                                          const std::map<std::string, std::string>& settings);

struct Service {
  std::string name;                                     ///< the application id, unless the command line gives another
  std::string purpose;                                  ///< one sentence for --help
  std::function<void(CommandLine&)> more_options = {};  ///< declares those that the others do not have
};

struct ServiceArguments {
  std::string bootstrap_servers = "localhost:9092";
  std::string application_id;
  std::string topic_prefix;  ///< in front of all topics: several ecosystems on one cluster
  std::string state_dir;     ///< empty: the library's default
  int threads = 1;
  std::string guarantee = "exactly_once_v2";
  bool clean_state = false;  ///< delete local state before the start; it comes back from the changelogs
  std::map<std::string, std::string> settings;  ///< of the file that --config names

  /// Settings of the application: those of the file, then those of the command line. Throws streams::ConfigError.
  streams::StreamsConfig streams_config() const;
};

/// The options of a service, which change `arguments` when they are read.
CommandLine command_line(const Service& service, ServiceArguments& arguments);

/// Creates the topics that are missing, runs the topology until SIGINT or SIGTERM, closes it. Gives the exit code: 0
/// after a signal, 1 if the service failed, 2 for a command line that makes no sense.
int service_main(int argc, char** argv, const Service& service,
                 const std::function<streams::Topology(const std::string& topic_prefix)>& topology);

/// The same for a service that is more, or less, than a topology. `run` gets clients of the cluster and returns when
/// interrupted(): empty if all went well, else what went wrong.
using PlainService =
    std::function<std::string(streams::client::ClientFactory& clients, const ServiceArguments& arguments)>;
int plain_service_main(int argc, char** argv, const Service& service, const PlainService& run);

/// For an application that has not been started: deletes its state if that is asked for, and tells its states on
/// standard error.
void prepare(streams::KafkaStreams& application, const ServiceArguments& arguments);
/// Until interrupted(), or until the application ends by itself: then what ended it.
std::string wait_for_end(const streams::KafkaStreams& application);

}  // namespace orders
