// The latest order of each id, in a compacted topic.
#pragma once

#include <streams/topology.hpp>

#include <string>

namespace orders {

/// Reads "orders", which keeps every change for ever, and writes "orders-latest", which is compacted: who starts anew
/// and wants no history reads that. Deleted orders are deleted there, too.
streams::Topology orders_latest_topology(const std::string& topic_prefix = "");

}  // namespace orders
