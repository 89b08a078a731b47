// The shortest service: the compaction of its output does the work.
#include "orders_latest_topology.hpp"

#include "model.hpp"
#include "topics.hpp"

#include <streams/streams_builder.hpp>

namespace orders {

streams::Topology orders_latest_topology(const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  builder.stream<std::string, Order>(topic_prefix + kOrdersTopic).to(topic_prefix + kOrdersLatestTopic);
  return builder.build();
}

}  // namespace orders
