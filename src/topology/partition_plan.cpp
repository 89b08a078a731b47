// Partition counts of internal topics: inherited from upstream, made equal where topics are co-partitioned.
#include "topology/partition_plan.hpp"

#include "topology/java_order.hpp"
#include "topology/java_topics_hash.hpp"

#include <algorithm>
#include <limits>
#include <regex>
#include <set>

namespace streams::detail {
namespace {

using Configs = std::map<std::string, std::string>;

constexpr std::int64_t kVersionedAdditionalLagMs = 86'400'000;

std::string saturated_sum(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  return std::to_string(b > 0 && a > kMax - b ? kMax : a + b);
}

/// Library's settings, then the application's, then the topic's own.
Configs layered(Configs library, const InternalTopicSettings& settings, const Configs& own) {
  library.emplace("message.timestamp.type", "CreateTime");
  for (const auto& [key, value] : settings.configs) library.insert_or_assign(key, value);
  for (const auto& [key, value] : own) library.insert_or_assign(key, value);
  return library;
}

template <class Names>
std::string listed(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return "[" + out + "]";
}

/// "[{a=1, b=2}]"
std::string listed(const PartitionCounts& counts) {
  std::string out;
  for (const auto& [topic, partitions] : counts) {
    out += (out.empty() ? "" : ", ") + topic + "=" + std::to_string(partitions);
  }
  return "[{" + out + "}]";
}

Status invalid(const std::string& message) { return {StatusCode::kInvalidArgument, "Invalid topology: " + message}; }

/// Topics that consumers never see by a pattern.
bool is_broker_topic(const std::string& topic) {
  return topic == "__consumer_offsets" || topic == "__transaction_state" || topic == "__share_group_state";
}

class Planner {
 public:
  Planner(const TopologyPlan& topology, const std::string& application_id, const PartitionCounts& existing)
      : topology_(topology), application_id_(application_id), existing_(existing) {}

  Status plan() {
    for (SubTopology& sub : topology_.sub_topologies()) {
      if (!sub.global) subs_.push_back({std::move(sub), {}, {}});
    }
    collect_repartition_topics();
    Status status = resolve_patterns();
    if (status.ok()) status = resolve_topics();
    if (status.ok()) status = inherit_counts();
    if (status.ok()) status = make_copartitioned();
    return status;
  }

  PartitionPlan result(const InternalTopicSettings& settings) const {
    PartitionPlan out;
    for (const Sub& sub : subs_) {
      if (sub.topics.empty()) continue;
      PlannedSubTopology planned;
      planned.id = sub.plan.id;
      planned.topics = {sub.topics.begin(), sub.topics.end()};
      for (const std::string& topic : planned.topics) {
        const std::int32_t partitions = *count(topic);
        if (partitions > planned.tasks) {
          planned.tasks = partitions;
          planned.anchor = topic;
        }
      }
      for (const std::string& store : sub.plan.stores) {
        if (topology_.changelog_is_source_topic(store) || topology_.changelog_topic(store).empty()) continue;
        out.changelog_topics[changelog_name(store)] = {planned.tasks,
                                                       changelog_configs(topology_.store(store), settings)};
      }
      out.sub_topologies.push_back(std::move(planned));
    }
    for (const auto& [name, repartition] : repartitions_) {
      out.repartition_topics[name] = {*repartition.partitions, repartition_configs(*repartition.topic, settings)};
    }
    return out;
  }

 private:
  struct Sub {
    SubTopology plan;
    std::set<std::string> topics;  ///< full names of its source topics
    std::set<std::string> sink_topics;
  };
  struct RepartitionTopic {
    const InternalTopic* topic = nullptr;
    std::optional<std::int32_t> partitions;  ///< as far as known
  };

  std::string full_name(const std::string& planned) const {
    return topology_.full_topic_name(planned, application_id_);
  }
  std::string changelog_name(const std::string& store) const {
    return application_id_ + "-" + topology_.changelog_topic(store);
  }

  /// Of a topic that exists or that this plan makes, as far as known.
  std::optional<std::int32_t> count(const std::string& topic) const {
    const auto repartition = repartitions_.find(topic);
    if (repartition != repartitions_.end()) return repartition->second.partitions;
    const auto found = existing_.find(topic);
    return found == existing_.end() ? std::nullopt : std::optional(found->second);
  }

  void collect_repartition_topics() {
    for (const Sub& sub : subs_) {
      for (const std::string& topic : sub.plan.source_topics) {
        const auto found = topology_.internal_topics().find(topic);
        if (found == topology_.internal_topics().end()) continue;
        repartitions_[full_name(topic)] = {&found->second, found->second.partitions};
      }
      for (const std::string& store : sub.plan.stores) {
        if (!topology_.changelog_is_source_topic(store)) changelogs_.insert(changelog_name(store));
      }
    }
  }

  /// Which topics the patterns match; every pattern takes its topics from the same cluster, so none may be matched
  /// twice.
  Status resolve_patterns() {
    std::map<std::string, std::string> taken;
    for (const Sub& sub : subs_) {
      for (const std::string& pattern : sub.plan.patterns) {
        const std::regex regex(pattern, std::regex::ECMAScript);
        for (const auto& [topic, partitions] : existing_) {
          const bool own = repartitions_.contains(topic) || changelogs_.contains(topic);
          if (own || is_broker_topic(topic) || !std::regex_match(topic, regex)) continue;
          const auto [entry, is_new] = taken.emplace(topic, pattern);
          if (!is_new) {
            return invalid("Topic " + topic + " is already matched for another regex pattern " + entry->second +
                           " and hence cannot be matched to this regex pattern " + pattern + " any more.");
          }
          matched_[pattern].insert(topic);
        }
      }
    }
    return {};
  }

  Status resolve_topics() {
    std::set<std::string> missing;
    std::set<std::string> missing_in;
    for (Sub& sub : subs_) {
      for (const std::string& topic : sub.plan.source_topics) {
        const std::string name = full_name(topic);
        sub.topics.insert(name);
        if (repartitions_.contains(name) || existing_.contains(name)) continue;
        missing.insert(name);
        missing_in.insert(std::to_string(sub.plan.id));
      }
      for (const std::string& pattern : sub.plan.patterns) {
        const std::set<std::string>& topics = matched_[pattern];
        sub.topics.insert(topics.begin(), topics.end());
      }
      for (const std::string& topic : sub.plan.sink_topics) sub.sink_topics.insert(full_name(topic));
    }
    if (missing.empty()) return {};
    return {StatusCode::kNotFound, "Missing source topics " + listed(missing) + " for sub-topologies " +
                                       listed(missing_in) + ". Create the input topics before the application starts."};
  }

  /// The repartition topics that sub-topologies read, in the order in which Kafka Streams looks at them.
  std::vector<std::string> java_order() const {
    std::vector<std::vector<std::string>> topics;
    std::vector<std::int32_t> hashes;
    for (const Sub& sub : subs_) {
      if (sub.topics.empty()) continue;
      std::vector<std::string> names;
      for (const std::string& node : java_set_order(sub.plan.source_nodes)) {
        for (const std::string& topic : topology_.source(node).topics) {
          if (repartitions_.contains(full_name(topic))) names.push_back(full_name(topic));
        }
      }
      std::map<std::string, std::int32_t> changelogs;
      for (const std::string& store : sub.plan.stores) {
        if (topology_.changelog_topic(store).empty()) continue;
        const bool is_source = topology_.changelog_is_source_topic(store);
        const std::string topic = is_source ? topology_.changelog_topic(store) : changelog_name(store);
        changelogs[topic] = java_changelog_hash(topic, topology_.store(store));
      }
      topics.push_back(java_set_order(names));
      hashes.push_back(java_topics_hash(sub.topics, changelogs));
    }
    // They are put in one hash set, and from there in another.
    const std::vector<std::size_t> first = java_set_order(hashes);
    std::vector<std::int32_t> in_first;
    for (const std::size_t i : first) in_first.push_back(hashes[i]);
    std::vector<std::string> out;
    for (const std::size_t i : java_set_order(in_first)) {
      out.insert(out.end(), topics[first[i]].begin(), topics[first[i]].end());
    }
    return out;
  }

  /// The highest count, as far as known, of the topics that flow into a repartition topic.
  std::optional<std::int32_t> upstream_count(const std::string& repartition) const {
    std::optional<std::int32_t> highest;
    for (const Sub& sub : subs_) {
      if (!sub.sink_topics.contains(repartition)) continue;
      for (const std::string& topic : sub.topics) {
        const std::optional<std::int32_t> partitions = count(topic);
        if (partitions && (!highest || *partitions > *highest)) highest = partitions;
      }
    }
    return highest;
  }

  /// Settles each repartition topic as soon as any topic above it is known.
  Status inherit_counts() {
    const std::vector<std::string> order = java_order();
    for (bool open = true; open;) {
      bool progress = open = false;
      for (const std::string& name : order) {
        std::optional<std::int32_t>& partitions = repartitions_[name].partitions;
        if (partitions) continue;
        partitions = upstream_count(name);
        (partitions ? progress : open) = true;
      }
      if (open && !progress) {
        return {
            StatusCode::kNotFound,
            "Failed to compute number of partitions for all repartition topics, make sure all user input topics are "
            "created and all Pattern subscriptions match at least one topic in the cluster"};
      }
    }
    return {};
  }

  /// Sets of topics that must be co-partitioned: those of the plan, joined where they share a topic.
  std::vector<std::set<std::string>> copartitioned_topics() const {
    std::vector<std::set<std::string>> out;
    for (const std::set<std::string>& sources : topology_.copartition_groups()) {
      std::set<std::string> topics;
      for (const std::string& name : sources) {
        if (!topology_.has_source(name)) continue;  // suppressed and cogrouped tables name their nodes
        const SourcePlan& source = topology_.source(name);
        for (const std::string& topic : source.topics) topics.insert(full_name(topic));
        const auto matched = matched_.find(source.pattern);
        if (!source.pattern.empty() && matched != matched_.end()) {
          topics.insert(matched->second.begin(), matched->second.end());
        }
      }
      for (auto other = out.begin(); other != out.end();) {
        const bool shares =
            std::any_of(other->begin(), other->end(), [&](const auto& topic) { return topics.contains(topic); });
        if (shares) topics.insert(other->begin(), other->end());
        other = shares ? out.erase(other) : other + 1;
      }
      if (!topics.empty()) out.push_back(std::move(topics));
    }
    return out;
  }

  Status make_copartitioned() {
    for (const std::set<std::string>& topics : copartitioned_topics()) {
      Status status = make_copartitioned(topics);
      if (!status.ok()) return status;
    }
    return {};
  }

  /// Input topics decide, or else the repartition topics whose count was given, or else the highest count.
  Status make_copartitioned(const std::set<std::string>& topics) {
    PartitionCounts inputs, given, all;
    std::int32_t highest = 0;
    for (const std::string& topic : topics) {
      const std::int32_t partitions = *count(topic);
      const auto repartition = repartitions_.find(topic);
      if (repartition == repartitions_.end()) {
        inputs[topic] = partitions;
      } else if (repartition->second.topic->partitions) {
        given[topic] = partitions;
      }
      all[topic] = partitions;
      highest = std::max(highest, partitions);
    }
    const PartitionCounts& leading = inputs.empty() ? given : inputs;
    const std::int32_t wanted = leading.empty() ? highest : leading.begin()->second;
    for (const auto& [topic, partitions] : leading) {
      if (partitions == wanted) continue;
      return inputs.empty() ? invalid("Following topics do not have the same number of partitions: " + listed(all))
                            : invalid("Topics not co-partitioned: " + listed(inputs) +
                                      ". Joined topics need equally many partitions; repartition() one of them.");
    }
    for (const std::string& topic : topics) {
      const auto repartition = repartitions_.find(topic);
      if (repartition == repartitions_.end()) continue;
      if (given.contains(topic) && given[topic] != wanted) {
        return invalid("Number of partitions [" + std::to_string(given[topic]) + "] of repartition topic [" + topic +
                       "] doesn't match number of partitions [" + std::to_string(wanted) + "] of the source topic.");
      }
      repartition->second.partitions = wanted;
    }
    return {};
  }

  const TopologyPlan& topology_;
  const std::string& application_id_;
  const PartitionCounts& existing_;
  std::vector<Sub> subs_;
  std::map<std::string, RepartitionTopic> repartitions_;  ///< by full name
  std::set<std::string> changelogs_;                      ///< full names
  std::map<std::string, std::set<std::string>> matched_;  ///< pattern -> topics
};

}  // namespace

std::map<std::string, std::string> repartition_configs(const InternalTopic& topic,
                                                       const InternalTopicSettings& settings) {
  return layered({{"cleanup.policy", "delete"}, {"segment.bytes", "52428800"}, {"retention.ms", "-1"}}, settings,
                 topic.configs);
}

std::map<std::string, std::string> changelog_configs(const StoreSpec& store, const InternalTopicSettings& settings) {
  const bool windowed = store.kind == StoreKind::kWindow || store.kind == StoreKind::kSession;
  Configs configs =
      layered({{"cleanup.policy", windowed ? "compact,delete" : "compact"}}, settings, store.topic_configs);
  // These two follow from the store: the application's settings for all topics do not replace them.
  if (windowed && !store.topic_configs.contains("retention.ms")) {
    configs["retention.ms"] = saturated_sum(store.retention_ms, settings.additional_retention_ms);
  }
  if (store.kind == StoreKind::kVersioned && !store.topic_configs.contains("min.compaction.lag.ms")) {
    configs["min.compaction.lag.ms"] = saturated_sum(store.retention_ms, kVersionedAdditionalLagMs);
  }
  return configs;
}

Result<PartitionPlan> plan_partitions(const TopologyPlan& topology, const std::string& application_id,
                                      const PartitionCounts& existing, const InternalTopicSettings& settings) {
  for (const auto& [name, topic] : topology.internal_topics()) {
    if (topic.partitions && *topic.partitions < 1) {
      return invalid("Number of partitions of repartition topic " + name + " must be at least 1.");
    }
  }
  Planner planner(topology, application_id, existing);
  Status status = planner.plan();
  if (!status.ok()) return status;
  return planner.result(settings);
}

Result<std::map<std::string, PlannedTopic>> topics_to_create(const PartitionPlan& plan,
                                                             const PartitionCounts& existing) {
  std::map<std::string, PlannedTopic> out;
  for (const auto* topics : {&plan.repartition_topics, &plan.changelog_topics}) {
    for (const auto& [name, topic] : *topics) {
      const auto found = existing.find(name);
      if (found == existing.end()) {
        out.emplace(name, topic);
      } else if (found->second != topic.partitions) {
        return Status(StatusCode::kInvalidArgument,
                      "Existing internal topic " + name + " has invalid partitions: expected: " +
                          std::to_string(topic.partitions) + "; actual: " + std::to_string(found->second) +
                          ". Reset the application (delete its internal topics) before processing.");
      }
    }
  }
  return out;
}

}  // namespace streams::detail
