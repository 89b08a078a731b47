// Names of foreign-key joins, and what their processors need that has no type.
#include <streams/detail/foreign_key_join.hpp>

#include <charconv>

namespace streams::detail {

ForeignKeyNames foreign_key_names(Graph& graph, const std::string& name) {
  const auto next = [&](const char* suffix, const char* prefix) { return graph.suffixed_or_new(name, suffix, prefix); };
  constexpr const char* kRegistration = "KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-";
  constexpr const char* kProcessor = "KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-";
  ForeignKeyNames names;  // every name takes a number: the order counts
  names.subscription_topic = next("-subscription-registration", kRegistration) + "-topic";
  names.send = next("-subscription-registration-processor", kRegistration);
  names.subscription_sink = next("-subscription-registration-sink", "KTABLE-SINK-");
  names.subscription_source = next("-subscription-registration-source", "KTABLE-SOURCE-");
  names.store = next("-subscription-store", "KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-");
  names.receive = next("-subscription-receive", kProcessor);
  names.subscription_join = next("-subscription-join-foreign", kProcessor);
  names.foreign_join = next("-foreign-join-subscription", kProcessor);
  names.response_topic = next("-subscription-response", "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-") + "-topic";
  names.response_sink = next("-subscription-response-sink", "KTABLE-SINK-");
  names.response_source = next("-subscription-response-source", "KTABLE-SOURCE-");
  names.resolver = next("-subscription-response-resolver", "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-");
  names.result = next("-result", "KTABLE-FK-JOIN-OUTPUT-");
  return names;
}

StoreSpec subscription_store(const TopologyConfig& config, const std::string& name) {
  StorePlan plan;
  plan.name = name;
  plan.caching = false;
  StoreSpec spec = table_store_spec(config, plan);
  spec.format = state::ValueFormat::kTimestampedHeaders;  // whatever format the stores of tables have
  return with_shell<TimestampedKeyValueShell<Bytes, Subscription>, Bytes, Subscription>(
      std::move(spec), DefaultSerde<Bytes>::get(), std::make_shared<SubscriptionSerde>());
}

GraphNode internal_sink_node(const std::string& name, const std::string& topic, NodeFactory factory) {
  GraphNode node;
  node.name = name;
  node.write = [topic, factory = std::move(factory)](TopologyPlan& plan, const GraphNode& self) {
    plan.add_sink(self.name, topic, factory, self.parent_names());
  };
  return node;
}

std::set<std::string> copartition(const Handle& handle, const std::string& internal_source) {
  std::set<std::string> sources = handle.sources;
  sources.insert(internal_source);
  handle.graph->plan().copartition(sources);
  return sources;
}

std::optional<std::vector<std::int32_t>> single_partition(std::optional<std::vector<std::int32_t>> chosen) {
  if (chosen && chosen->size() != 1) {
    throw InvalidArgument(
        "The partitioners of a foreign-key join must give exactly one partition, or std::nullopt for the default.");
  }
  return chosen;
}

std::int32_t partition_of_task(const std::string& task_id) {
  const std::size_t digits = task_id.rfind('_') + 1;
  std::int32_t partition = 0;
  std::from_chars(task_id.data() + digits, task_id.data() + task_id.size(), partition);
  return partition;
}

void throw_null_in_join_topic(std::string_view topic) {
  throw NullArgument("streams: a record of the internal topic " + std::string(topic) +
                     " has no key or no value. Only the foreign-key join itself may write to this topic.");
}

}  // namespace streams::detail
