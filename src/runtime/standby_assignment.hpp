// Where standby tasks are: worked out by every instance for itself, from what the group's coordinator says.
//
// Invariants:
// 1. A pure function of the members, their tasks and their marks: all instances come to the same result, and nobody has
//    to tell anybody.
// 2. Never on the instance that runs the task; never two of the same task on one instance.
// 3. Sticky: which instance suits a task best depends on the two alone, so that a member that comes or goes moves few.
#pragma once

#include <runtime/assignment.hpp>
#include <streams/client.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace streams::runtime {

/// One instance of the application, as its members in the group show it.
struct GroupInstance {
  bool takes_standbys = false;  ///< it has said its process id
  std::string application_server;
  std::map<std::string, std::string> tags;
  std::size_t threads = 0;
  std::set<TaskId> active;
  friend bool operator==(const GroupInstance&, const GroupInstance&) = default;
};

/// By process id; of instances that say none, each member by its member id.
using GroupInstances = std::map<std::string, GroupInstance>;
GroupInstances instances_of(const client::GroupDescription& group, const AssignmentPlan& assignment);

/// Tasks that have a changelog.
std::set<TaskId> tasks_with_state(const streams::detail::TopologyPlan& topology, const AssignmentPlan& assignment);

/// The instances (keys of GroupInstances) that shall have standby tasks, best first, up to `replicas` each; without
/// tasks that nobody runs. They differ from the active instance and from each other in the values of `tags` as far as
/// instances allow, and share the tasks by their numbers of threads.
/// Source: HighAvailabilityTaskAssignor, ClientTagAwareStandbyTaskAssignor (KIP-708).
std::map<TaskId, std::vector<std::string>> place_standbys(const GroupInstances& instances,
                                                          const std::set<TaskId>& tasks, int replicas,
                                                          const std::vector<std::string>& tags);

}  // namespace streams::runtime
