// Hash codes of what Kafka Streams knows of a sub-topology's topics. The order in which it settles partition counts,
// and so the counts themselves, can depend on them: an application that goes on with another's topics needs the same
// counts.
//
// Source: org.apache.kafka.streams.processor.internals.InternalTopologyBuilder.TopicsInfo, InternalTopicConfig.
#pragma once

#include <streams/detail/task_context.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace streams::detail {

/// InternalTopicConfig.hashCode() of a store's changelog.
std::int32_t java_changelog_hash(const std::string& topic, const StoreSpec& store);

/// TopicsInfo.hashCode(). `changelogs`: full names, source topics that serve as changelogs included ->
/// java_changelog_hash().
std::int32_t java_topics_hash(const std::set<std::string>& source_topics,
                              const std::map<std::string, std::int32_t>& changelogs);

}  // namespace streams::detail
