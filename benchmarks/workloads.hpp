// The topologies that are measured.
#pragma once

#include "progress.hpp"

#include <streams/topology.hpp>

#include <functional>
#include <string>
#include <vector>

namespace bench {

struct Workload {
  streams::Topology topology;
  /// Whether all of `records` inputs, and what they led to in internal topics, are processed.
  std::function<bool(std::int64_t records)> done;
};

struct WorkloadSettings {
  std::vector<std::string> inputs;
  std::string output;
  streams::TopologyConfig topology;
  streams::Optimization optimization = streams::Optimization::all();
};

/// Names of the workloads that there are.
std::vector<std::string> workload_names();
/// `progress` counts every record that is processed, those of internal topics included. Throws std::invalid_argument
/// for an unknown name or the wrong number of inputs.
Workload make_workload(const std::string& name, const WorkloadSettings& settings, Progress& progress);

}  // namespace bench
