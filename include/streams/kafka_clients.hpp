// Clients of a real Kafka cluster, on librdkafka.
#pragma once

#include <streams/client.hpp>

#include <streams/logging.hpp>

#include <memory>

namespace streams::client {

/// Makes clients from `base` and the settings given for each client, which win. Names are librdkafka's; what the
/// library relies on is set where the user is silent (kafka_conf.cpp says what and why). Lines of librdkafka's own log
/// and failures that belong to no call go to `logger` (null: nowhere).
///
/// Throws ConfigError, naming the setting, from the factory's functions: librdkafka checks settings when a client is
/// made.
std::unique_ptr<ClientFactory> make_kafka_clients(Settings base, LoggerPtr logger);

}  // namespace streams::client
