// One of the grouped streams of a cogrouped stream, with its aggregator.
//
// Source: org.apache.kafka.streams.kstream.internals.CogroupedStreamAggregateBuilder, KTablePassThrough.
#pragma once

#include <streams/detail/aggregate_node.hpp>
#include <streams/detail/any_windows.hpp>
#include <streams/detail/grouped_parts.hpp>
#include <streams/detail/materialize.hpp>
#include <streams/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace streams::detail {

template <class A>
using CogroupInitializer = std::function<std::optional<A>()>;
template <class K, class A>
using CogroupMerger = std::function<std::optional<A>(const std::optional<K>& key, const std::optional<A>& one,
                                                     const std::optional<A>& other)>;

/// A grouped stream whose type of values is not known to those that aggregate it with others.
template <class K, class A>
class CogroupSource {
 public:
  using Initializer = CogroupInitializer<A>;
  using Factory = NodeFactory;

  virtual ~CogroupSource() = default;
  virtual const Handle& handle() const = 0;
  virtual const SerdePtr<K>& key_serde() const = 0;
  /// The same for all copies of a grouped stream's handle.
  virtual const void* identity() const = 0;
  /// The step through a topic, if one is needed: takes three numbers. Named after the store unless the user named it.
  virtual std::shared_ptr<Repartition> make_step(const std::string& store_name) const = 0;

  virtual Factory plain(std::shared_ptr<StoredTable<K, A>> table, Initializer initializer) const = 0;
  virtual Factory windowed(std::shared_ptr<WindowedTable<K, A>> table, const TimeWindows& windows,
                           Initializer initializer) const = 0;
  virtual Factory windowed(std::shared_ptr<WindowedTable<K, A>> table, const SlidingWindows& windows,
                           Initializer initializer) const = 0;
  virtual Factory windowed(std::shared_ptr<WindowedTable<K, A>> table, const UnlimitedWindows& windows,
                           Initializer initializer) const = 0;
  virtual Factory windowed(std::shared_ptr<WindowedTable<K, A>> table, const AnyWindows& windows,
                           Initializer initializer) const = 0;
  virtual Factory sessions(std::shared_ptr<SessionTable<K, A>> table, const SessionWindows& windows,
                           Initializer initializer, CogroupMerger<K, A> merger) const = 0;
};

template <class K, class V, class A, class Add>
class CogroupSourceOf final : public CogroupSource<K, A> {
 public:
  using Initializer = CogroupInitializer<A>;
  using Fold = AggregateFold<Initializer, Add>;

  CogroupSourceOf(GroupedParts<K, V> parts, Add aggregator)
      : parts_(std::move(parts)), aggregator_(std::move(aggregator)) {}
  const Handle& handle() const override { return parts_.handle; }
  const SerdePtr<K>& key_serde() const override { return parts_.key_serde; }
  const void* identity() const override { return parts_.repartitioned.get(); }
  std::shared_ptr<Repartition> make_step(const std::string& store_name) const override {
    if (!parts_.handle.repartition_required) return nullptr;
    return make_repartition<K, V>(*parts_.handle.graph, parts_.name.empty() ? store_name : parts_.name,
                                  parts_.key_serde, parts_.value_serde, parts_.named(store_name));
  }

  NodeFactory plain(std::shared_ptr<StoredTable<K, A>> table, Initializer initializer) const override {
    return [table, fold = Fold{std::move(initializer), aggregator_}]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<StreamAggregateNode<K, V, A, Fold>>(table->settings, fold);
    };
  }
  NodeFactory windowed(std::shared_ptr<WindowedTable<K, A>> table, const TimeWindows& windows,
                       Initializer initializer) const override {
    return windowed_node(std::move(table), windows, std::move(initializer));
  }
  NodeFactory windowed(std::shared_ptr<WindowedTable<K, A>> table, const SlidingWindows& windows,
                       Initializer initializer) const override {
    return windowed_node(std::move(table), windows, std::move(initializer));
  }
  NodeFactory windowed(std::shared_ptr<WindowedTable<K, A>> table, const UnlimitedWindows& windows,
                       Initializer initializer) const override {
    return windowed_node(std::move(table), windows, std::move(initializer));
  }
  NodeFactory windowed(std::shared_ptr<WindowedTable<K, A>> table, const AnyWindows& windows,
                       Initializer initializer) const override {
    return windowed_node(std::move(table), windows, std::move(initializer));
  }
  NodeFactory sessions(std::shared_ptr<SessionTable<K, A>> table, const SessionWindows& windows,
                       Initializer initializer, CogroupMerger<K, A> merger) const override {
    using Node = SessionAggregateNode<K, V, A, Fold, CogroupMerger<K, A>>;
    return [table, windows, fold = Fold{std::move(initializer), aggregator_},
            merger = std::move(merger)]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<Node>(table->settings, EmitStrategy::kOnWindowUpdate, windows, fold, merger);
    };
  }

 private:
  template <class Windows>
  NodeFactory windowed_node(std::shared_ptr<WindowedTable<K, A>> table, const Windows& windows,
                            Initializer initializer) const {
    using Node = typename WindowKind<Windows>::template Node<K, V, A, Fold>;
    return [table, windows, fold = Fold{std::move(initializer), aggregator_}]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<Node>(table->settings, EmitStrategy::kOnWindowUpdate, windows, fold);
    };
  }

  GroupedParts<K, V> parts_;
  Add aggregator_;
};

/// The grouped streams in the order in which they were added, and where their records are partitioned by the group's
/// key. Shared by all handles of one cogrouped stream.
template <class K, class A>
struct CogroupParts {
  std::vector<std::shared_ptr<CogroupSource<K, A>>> sources;
  std::vector<std::pair<const void*, GraphNode*>> parents;  ///< by identity; kept from one aggregation to the next

  void add(std::shared_ptr<CogroupSource<K, A>> source) {
    for (auto& present : sources) {
      if (present->identity() == source->identity()) {
        present = std::move(source);  // the last aggregator counts
        return;
      }
    }
    sources.push_back(std::move(source));
  }
  Graph& graph() const { return *sources.front()->handle().graph; }
  GraphNode* parent_of(const CogroupSource<K, A>& source) const {
    for (const auto& [identity, node] : parents) {
      if (identity == source.identity()) return node;
    }
    return nullptr;
  }

  /// Source: CogroupedStreamAggregateBuilder.processRepartitions.
  void partition_all(const std::string& store_name) {
    std::set<std::string> source_nodes;
    for (const auto& source : sources) {
      const Handle& handle = source->handle();
      std::shared_ptr<Repartition> step = source->make_step(store_name);
      if (parent_of(*source) == nullptr) {
        GraphNode* parent = step ? &graph().add({handle.node}, repartition_node(std::move(step), true)) : handle.node;
        parents.emplace_back(source->identity(), parent);
      }
      source_nodes.insert(handle.sources.begin(), handle.sources.end());
    }
    graph().plan().copartition(source_nodes);
  }
};

struct CogroupPlan {
  const Named& named;
  const StoreSpec& spec;
  bool versioned = false;
  std::optional<std::int64_t> grace_ms;
};
struct CogroupInput {
  GraphNode* parent;
  NodeFactory factory;
};
/// The aggregations of all grouped streams, which share a store, and the node that brings their results together.
Handle add_cogroup_nodes(const Handle& first, const CogroupPlan& plan, std::vector<CogroupInput> inputs,
                         NodeFactory merge);

/// Hands updates on.
template <class K, class A>
class PassThroughNode final : public Node<Record<K, Change<A>>, Record<K, Change<A>>> {
 protected:
  void on_record(Record<K, Change<A>>&& record) override { this->forward(std::move(record)); }
};

inline constexpr const char* kCogroupPrefix = "COGROUPKSTREAM-AGGREGATE-";

template <class Table, class K>
struct CogroupResult {
  Handle handle;
  SerdePtr<K> key_serde;
  std::string store_name;  ///< empty: not given by the user
  std::shared_ptr<Table> table;
};
/// An aggregation of all sources into one table: `make_spec(store, key serde)` gives its store, `make_node(source,
/// table)` the factory of one source's node.
template <class Table, class RowKey, class K, class A, class MakeSpec, class MakeNode>
CogroupResult<Table, K> add_cogroup(CogroupParts<K, A>& parts, const Named& named,
                                    const Materialized<K, A>& materialized, std::optional<std::int64_t> grace_ms,
                                    MakeSpec make_spec, MakeNode make_node) {
  const StorePlan store = store_plan(parts.graph(), materialized, kCogroupPrefix);
  const SerdePtr<K> key_serde = needed_serde<K>(
      materialized.key_serde ? materialized.key_serde : parts.sources.front()->key_serde(), store.name, "key");
  const StoreSpec spec = make_spec(store, key_serde);
  parts.partition_all(store.name);
  auto table = std::make_shared<Table>(store.name);
  std::vector<CogroupInput> inputs;
  for (const auto& source : parts.sources) inputs.push_back({parts.parent_of(*source), make_node(*source, table)});
  Handle handle =
      add_cogroup_nodes(parts.sources.front()->handle(), {named, spec, store.versioned(), grace_ms}, std::move(inputs),
                        []() -> std::unique_ptr<NodeBase> { return std::make_unique<PassThroughNode<RowKey, A>>(); });
  return {std::move(handle), key_serde, store.named ? store.name : "", std::move(table)};
}

}  // namespace streams::detail
