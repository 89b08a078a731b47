// Which cases a real application must reproduce record by record, and how their input is fed to it.
#pragma once

#include "dyn.hpp"

#include <streams/detail/topology_plan.hpp>

#include <set>
#include <string>
#include <vector>

namespace streams::conformance {

/// The input of a case in the order in which a broker gets it.
///
/// A test driver works off every record and all that follows from it before it takes the next one; tasks of an
/// application do not wait for each other. So the input comes in bursts: within one, no sub-topology has more than one
/// topic to choose from, and the next begins when everything is processed and committed.
struct BrokerFeed {
  std::string unsuitable;                        ///< why the case is not one for a broker; empty: it is
  std::vector<const Json*> before_start;         ///< records of global tables, which the application reads first
  std::vector<std::vector<const Json*>> bursts;  ///< records, which the case owns
};

/// `plan` is that of the case's topology. A case is unsuitable if what comes out depends on the clock or on what only
/// a driver has: steps that are none of records, commits at certain steps, one partition whatever is asked for, names
/// of a given length; or if two topics of one sub-topology get records in one step.
BrokerFeed plan_broker_feed(const Json& test_case, const detail::TopologyPlan& plan, bool exactly_once);

/// Full names of the topics that the sources of stream threads read.
std::set<std::string> topics_read(const detail::TopologyPlan& plan, const std::string& application_id);

}  // namespace streams::conformance
