// What the programs of the services have in common: options, topics, a run until somebody says stop.
#pragma once

#include <streams/client.hpp>
#include <streams/config.hpp>
#include <streams/topology.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace orders {

struct Service {
  std::string name;     ///< the application id, unless the command line gives another
  std::string purpose;  ///< one sentence for --help
};

struct ServiceArguments {
  std::string bootstrap_servers = "localhost:9092";
  std::string application_id;
  std::string state_dir;  ///< empty: the library's default
  int threads = 1;
  std::string guarantee = "exactly_once_v2";
  bool clean_state = false;  ///< delete local state before the start; it comes back from the changelogs
  bool help = false;
  std::map<std::string, std::string> settings;  ///< of the file that --config names

  /// Settings of the application: those of the file, then those of the command line. Throws streams::ConfigError.
  streams::StreamsConfig streams_config() const;
  /// Settings that plain clients need to reach the cluster: addresses, security.
  streams::client::Settings client_settings() const;
};

/// Throws std::invalid_argument: which option, what is wrong with it.
ServiceArguments parse_arguments(const std::vector<std::string>& arguments, const Service& service);

/// The usage text of a service.
std::string usage(const Service& service);

/// Creates the topics that are missing, runs the topology until SIGINT or SIGTERM, closes it. Gives the exit code: 0
/// after a signal, 1 if the service failed, 2 for a command line that makes no sense.
int service_main(int argc, char** argv, const Service& service, const std::function<streams::Topology()>& topology);

/// The same for a service without topology. `run` gets clients of the cluster and returns when `stop` says so: empty if
/// all went well, else what went wrong.
using PlainService = std::function<std::string(streams::client::ClientFactory& clients,
                                               const ServiceArguments& arguments, const std::function<bool()>& stop)>;
int plain_service_main(int argc, char** argv, const Service& service, const PlainService& run);

}  // namespace orders
