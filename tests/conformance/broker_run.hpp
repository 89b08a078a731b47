// Runs a case as a real application against a broker and writes down what its topics hold afterwards.
#pragma once

#include "broker_feed.hpp"

#include <streams/client.hpp>
#include <streams/detail/topology_plan.hpp>

#include <set>
#include <string>

namespace streams::conformance {

/// Where and how a case runs. Each run has a prefix of its own, before all names of topics and the application's id.
struct BrokerRun {
  client::ClientFactory* clients = nullptr;
  std::string bootstrap;
  std::string prefix;
  std::string state_dir;
  bool exactly_once = false;
};

/// Full names of the changelogs and repartition topics that the application makes for itself.
std::set<std::string> internal_topics(const detail::TopologyPlan& plan, const std::string& application_id);

/// Why the case is not one for a broker; empty: it is.
std::string unsuitable_for_broker(const Json& test_case, bool exactly_once);

/// What all topics of the case hold, without the prefix, in the shape of `expect`: `output` and `internal` without
/// steps (times that a clock gave are null), and `configs`: those settings of each internal topic that
/// `expected_on_broker` names. Throws std::exception where the application fails or does not get on.
Json run_on_broker(const Json& test_case, const BrokerRun& run);

/// What run_on_broker must give, from the case alone.
Json expected_on_broker(const Json& test_case);

}  // namespace streams::conformance
