// How instances tell each other where they are: in the client.id of their main consumers.
//
// Source: org.apache.kafka.streams.processor.internals.ClientUtils, StreamsConfig (application.server).
#pragma once

#include <string>

namespace streams::runtime {

/// What a main consumer is called at the broker; as it is where `application_server` is empty.
std::string client_id_with_endpoint(const std::string& client_id, const std::string& application_server);
/// The application.server in a member's client.id; empty if there is none.
std::string endpoint_of_client_id(const std::string& client_id);
/// Whether it is empty or says host and port.
bool is_endpoint(const std::string& application_server);

}  // namespace streams::runtime
