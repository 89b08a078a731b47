// Names, nodes and the writing of the DSL's logical graph.
#include <streams/detail/graph.hpp>

#include "topology/graph_optimizer.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <queue>
#include <regex>

namespace streams {

void Name::refuse_empty() { throw TopologyError("Invalid topology: Name is illegal, it can't be empty"); }

}  // namespace streams

namespace streams::detail {
namespace {

constexpr std::string_view kRepartitionSuffix = "-repartition";
constexpr std::size_t kMaxNameLength = 249;

void check_name(const std::string& name) {
  if (name == "." || name == "..") throw TopologyError("Name cannot be \".\" or \"..\"");
  if (name.size() > kMaxNameLength) {
    throw TopologyError("Name is illegal, it can't be longer than " + std::to_string(kMaxNameLength) +
                        " characters, name: " + name);
  }
  const bool legal = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (std::isalnum(c) != 0 && c < 128) || c == '.' || c == '_' || c == '-';
  });
  if (!legal) {
    throw TopologyError("Name \"" + name +
                        "\" is illegal, it contains a character other than ASCII alphanumerics, '.', '_' and '-'");
  }
}

bool is_generated(const std::string& name) {
  static const std::regex pattern("KSTREAM.*-[0-9]{10}");
  return std::regex_match(name, pattern);
}

template <class T>
void add_once(std::vector<T*>& list, T* item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

}  // namespace

void ProcessorPlan::write(TopologyPlan& plan, const std::vector<std::string>& parents) const {
  plan.add_processor(name, factory, parents);
  if (stores) {
    for (StoreSpec& store : stores()) plan.add_store(std::move(store), {name});
  }
  if (!connected.empty()) plan.connect(name, connected);
}

void Repartition::write(TopologyPlan& plan, const std::vector<std::string>& parents) const {
  plan.add_internal_topic({topic, partitions, false, {}});
  if (filter_name.empty()) {
    plan.add_sink(sink_name, topic, make_sink(), parents);
  } else {
    plan.add_processor(filter_name, make_filter(), parents);
    plan.add_sink(sink_name, topic, make_sink(), {filter_name});
  }
  plan.add_source({source_name, {topic}, "", std::nullopt, make_source()});
}

std::vector<std::string> GraphNode::parent_names() const {
  std::vector<std::string> names;
  for (const GraphNode* parent : parents) names.push_back(parent->name);
  return names;
}

Graph::Graph(TopologyConfig config) : config_(config), plan_(std::make_shared<TopologyPlan>()) {
  nodes_.push_back(std::make_unique<GraphNode>());
  root_ = nodes_.back().get();
  root_->name = "root";
}

Graph::~Graph() = default;

std::string Graph::new_name(std::string_view prefix) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%010d", next_number_++);
  return std::string(prefix) + digits;
}

std::string Graph::new_store_name(std::string_view prefix) { return new_name(std::string(prefix) + "STATE-STORE-"); }

std::string Graph::name_or_new(const std::string& given, std::string_view prefix) {
  return suffixed_or_new(given, "", prefix);
}

std::string Graph::suffixed_or_new(const std::string& given, std::string_view suffix, std::string_view prefix) {
  std::string generated = new_name(prefix);
  if (given.empty()) return generated;
  std::string name = given + std::string(suffix);
  check_name(name);
  return name;
}

RepartitionNames Graph::repartition_names(const std::string& prefix) {
  RepartitionNames names;
  names.topic = prefix.ends_with(kRepartitionSuffix) ? prefix : prefix + std::string(kRepartitionSuffix);
  names.sink = new_name("KSTREAM-SINK-");
  names.filter = new_name("KSTREAM-FILTER-");
  names.source = new_name("KSTREAM-SOURCE-");
  if (!is_generated(prefix)) {
    names.sink = names.topic + "-sink";
    names.filter = names.topic + "-filter";
    names.source = names.topic + "-source";
  }
  return names;
}

void Graph::note_unnamed_store(const std::string& store, bool logging) {
  unnamed_.stores.push_back(store);
  if (logging) note_unnamed_changelog(store);
}

void Graph::note_unnamed_changelog(const std::string& store) { unnamed_.changelogs.push_back(store + "-changelog"); }

bool Graph::is_unnamed(const std::string& store) const {
  return std::find(unnamed_.stores.begin(), unnamed_.stores.end(), store) != unnamed_.stores.end();
}

void Graph::check_named() const {
  std::string text;
  const auto list = [&](const char* what, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      text += i == 0 ? std::string("Following ") + what + "(s) has not been named: " : ", ";
      text += names[i];
    }
    if (!names.empty()) text += "\n";
  };
  list("changelog topic", unnamed_.changelogs);
  list("state store", unnamed_.stores);
  list("repartition topic", unnamed_.repartitions);
  if (!text.empty()) throw TopologyError("Invalid topology: " + text);
}

GraphNode& Graph::add(const std::vector<GraphNode*>& parents, GraphNode node) {
  nodes_.push_back(std::make_unique<GraphNode>(std::move(node)));
  GraphNode& added = *nodes_.back();
  for (GraphNode* parent : parents) attach(*parent, added);
  return added;
}

void Graph::attach(GraphNode& parent, GraphNode& child) {
  add_once(parent.children, &child);
  add_once(child.parents, &parent);
  child.build_priority = next_priority_++;
}

std::shared_ptr<TopologyPlan> Graph::build(const Optimization& optimization) {
  if (nodes_built_ == nodes_.size()) return plan_;
  GraphOptimizer(*this, nodes_).run(optimization);

  const auto later = [](const GraphNode* a, const GraphNode* b) { return a->build_priority > b->build_priority; };
  std::priority_queue<GraphNode*, std::vector<GraphNode*>, decltype(later)> queue(later);
  std::set<const GraphNode*> walked;
  queue.push(root_);
  while (!queue.empty()) {
    GraphNode* node = queue.top();
    queue.pop();
    const bool ready =
        std::all_of(node->parents.begin(), node->parents.end(), [](auto* parent) { return parent->written; });
    if (!ready || !walked.insert(node).second) continue;  // the last of its parents puts it into the queue again
    if (!node->written && node->write) node->write(*plan_, *node);
    node->written = true;
    for (GraphNode* child : node->children) queue.push(child);
  }
  plan_->check_copartition();
  if (config_.explicit_naming) check_named();
  nodes_built_ = nodes_.size();
  return plan_;
}

GraphNode processor_node(ProcessorPlan plan) {
  GraphNode node;
  node.name = plan.name;
  node.write = [plan = std::move(plan)](TopologyPlan& topology, const GraphNode& self) {
    plan.write(topology, self.parent_names());
  };
  return node;
}

Handle add_processor(const Handle& parent, ProcessorPlan plan, void (*mark)(GraphNode&)) {
  Handle handle = parent;
  handle.repartitioned = std::make_shared<GraphNode*>(nullptr);
  handle.name = plan.name;
  GraphNode node = processor_node(std::move(plan));
  if (mark != nullptr) mark(node);
  handle.node = &parent.graph->add({parent.node}, std::move(node));
  if (handle.node->changes_key) handle.repartition_required = true;
  return handle;
}

std::set<std::string> copartition(const Handle& one, const Handle& other) {
  check_same_graph(one, other);
  std::set<std::string> sources = one.sources;
  sources.insert(other.sources.begin(), other.sources.end());
  one.graph->plan().copartition(sources);
  return sources;
}

GraphNode repartition_node(std::shared_ptr<Repartition> repartition, bool optimizable) {
  GraphNode node;
  node.name = repartition->source_name;
  node.repartition = std::move(repartition);
  node.optimizable = optimizable;
  node.write = [](TopologyPlan& plan, const GraphNode& self) { self.repartition->write(plan, self.parent_names()); };
  return node;
}

GraphNode stream_source_node(SourcePlan source) {
  GraphNode node;
  node.name = source.name;
  node.stream_source = std::make_shared<SourcePlan>(std::move(source));
  node.write = [](TopologyPlan& plan, const GraphNode& self) { plan.add_source(*self.stream_source); };
  return node;
}

void check_same_graph(const Handle& one, const Handle& other) {
  if (one.graph == other.graph) return;
  throw TopologyError("streams: \"" + one.name + "\" and \"" + other.name +
                      "\" come from two StreamsBuilders: streams and tables that meet must come from the same one.");
}

}  // namespace streams::detail
