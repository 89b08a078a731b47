// How one instance tells all others to stop: by a member of the group whose client.id says so.
//
// Differs from Kafka Streams: there the group's assignor carries the request; librdkafka has no assignors of one's own.
// Every member sees the rebalance that the announcing member causes, and looks at the members then.
#pragma once

#include <runtime/config.hpp>
#include <runtime/log.hpp>

#include <functional>
#include <string>
#include <vector>

namespace streams::runtime {

/// Whether a member of the group asks all to stop.
bool shutdown_is_announced(const client::GroupDescription& group);

/// Joins the group as a member that asks all others to stop, and waits (bounded) until they have left or `stop` says
/// so.
void announce_shutdown(const RuntimeConfig& config, client::ClientFactory& clients, client::Admin& admin,
                       const std::string& client_id, const std::vector<std::string>& topics,
                       const std::function<bool()>& stop, const Log& log);

}  // namespace streams::runtime
