// Who reads what: balanced and sticky assignment of partitions to the members of a group.
#pragma once

#include <streams/client.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace streams::client::embedded {

/// Partitions by topic.
using PartitionSet = std::map<std::string, std::set<std::int32_t>>;

struct Claim {
  std::set<std::string> topics;  ///< what the member subscribes to, as far as it exists
  std::set<TopicPartition> owned;
};

/// Gives each partition of `topics` (name -> number of partitions) to one of the members that subscribe to it. Loads
/// differ by at most one between members that subscribe to the same; within that a member keeps what it owns, and the
/// partitions of each topic are spread. A pure function: the same claims in the same order give the same result, in
/// order of claims.
std::vector<PartitionSet> assign_sticky(const std::vector<Claim>& claims,
                                        const std::map<std::string, std::int32_t>& topics);

}  // namespace streams::client::embedded
