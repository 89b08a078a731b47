// The Processor API in random topologies: parts of their own, and stores of global topics.
#include "random_generator.hpp"

#include <algorithm>

namespace streams::conformance {

void Generator::add_processor_api() {
  one_of({&Generator::add_route, &Generator::add_topology_store, &Generator::add_read_only_store,
          &Generator::add_topology_global_store, &Generator::add_global_store});
}

namespace {

std::string sink_of(Json& operations, const std::string& name, const std::string& parent, const char* type) {
  operations.push_back({{"op", "topology_sink"},
                        {"name", name},
                        {"parents", Json::array({parent})},
                        {"topic", "out-" + name},
                        {"value", type}});
  return name;
}

}  // namespace

/// A source, a processor that chooses between two sinks.
void Generator::add_route() {
  const std::string id = new_id(), topic = "in-" + id;
  const bool is_long = chance(50);
  topics_.push_back({topic, is_long});
  Node node;
  node.is_long = is_long;
  of_processors_.push_back({{"op", "topology_source"},
                            {"name", "source-" + id},
                            {"topics", Json::array({topic})},
                            {"value", type_of(is_long)}});
  of_processors_.push_back({{"op", "topology_processor"},
                            {"name", "route-" + id},
                            {"parents", Json::array({"source-" + id})},
                            {"processor", "route"},
                            {"routes", Json::array({Json{{"if", predicate(node)}, {"to", id + "-a"}}})},
                            {"otherwise", id + "-b"}});
  sink_of(of_processors_, id + "-a", "route-" + id, type_of(is_long));
  sink_of(of_processors_, id + "-b", "route-" + id, type_of(is_long));
}

/// A processor with a store that is connected in one of three ways.
void Generator::add_topology_store() {
  const std::string id = new_id(), topic = "in-" + id, store = "state-" + id;
  topics_.push_back({topic, true});
  of_processors_.push_back(
      {{"op", "topology_source"}, {"name", "source-" + id}, {"topics", Json::array({topic})}, {"value", "long"}});
  Json processor{{"op", "topology_processor"},
                 {"name", "total-" + id},
                 {"parents", Json::array({"source-" + id})},
                 {"processor", "running_total"},
                 {"store", store}};
  Json definition{{"name", store}, {"supplier", chance(50) ? "persistent_kv" : "in_memory_kv"}, {"value", "long"}};
  if (chance(50)) definition["caching"] = true;
  const bool later = chance(50);
  of_processors_.push_back(std::move(processor));
  of_processors_.push_back({{"op", "topology_store"}, {"store", definition}});
  if (later) {
    of_processors_.push_back(
        {{"op", "topology_connect"}, {"processor", "total-" + id}, {"stores", Json::array({store})}});
  } else {
    of_processors_.back()["processors"] = Json::array({"total-" + id});
  }
  sink_of(of_processors_, id + "-sum", "total-" + id, "long");
}

void Generator::add_read_only_store() {
  const std::string id = new_id(), topic = "in-" + id;
  topics_.push_back({topic, false});
  of_processors_.push_back({{"op", "topology_read_only_store"},
                            {"store", Json{{"name", "state-" + id}, {"supplier", "persistent_kv"}}},
                            {"source_name", "source-" + id},
                            {"topic", topic},
                            {"name", "put-" + id},
                            {"processor", "store_put"}});
}

void Generator::add_topology_global_store() {
  const std::string id = new_id(), topic = "in-" + id;
  topics_.push_back({topic, false});
  of_processors_.push_back({{"op", "topology_global_store"},
                            {"store", Json{{"name", "state-" + id}, {"supplier", "persistent_kv"}, {"logging", false}}},
                            {"source_name", "source-" + id},
                            {"topic", topic},
                            {"name", "put-" + id},
                            {"processor", "store_put"}});
}

/// A global store and a processor that looks into it.
void Generator::add_global_store() {
  const std::string id = new_id(), topic = "in-" + id, store = "state-" + id;
  topics_.push_back({topic, false});
  topology_.push_back({{"op", "add_global_store"},
                       {"store", Json{{"name", store},
                                      {"builder", "timestamped_kv"},
                                      {"supplier", chance(50) ? "persistent_timestamped_kv" : "in_memory_kv"},
                                      {"logging", false}}},
                       {"topic", topic},
                       {"processor", "store_put"}});
  const Node from = stream();
  Node out = from;
  out.is_long = false;
  put_processed("process", from, {{"processor", "lookup"}, {"store", store}}, out);
}

}  // namespace streams::conformance
