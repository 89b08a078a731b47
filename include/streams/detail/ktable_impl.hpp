// The members of KTable.
#pragma once

#include <streams/grouped.hpp>
#include <streams/ktable.hpp>
#include <streams/stores.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams {

template <class K, class V>
template <class V2, class Map>
KTable<K, V2> KTable<K, V>::derived(Map map, const char* prefix, const Named& named,
                                    const std::optional<Materialized<K, V2>>& materialized,
                                    const SerdePtr<V2>& inherited_serde) const {
  detail::Graph& graph = *handle_.graph;
  SerdePtr<K> key_serde = key_serde_;
  SerdePtr<V2> value_serde = inherited_serde;
  std::optional<detail::StoreSpec> spec;
  std::string store_name;
  if (materialized) {
    store_name = materialized->store_name;
    if (store_name.empty()) graph.new_store_name(prefix);  // takes a number, makes no store
    if (materialized->key_serde) key_serde = materialized->key_serde;
    if (materialized->value_serde) value_serde = materialized->value_serde;
    if (!store_name.empty())
      spec = detail::table_store<K, V2>(graph.config(), detail::store_plan(*materialized), key_serde, value_serde);
  }
  std::string name = graph.name_or_new(named.name, prefix);
  auto table = std::make_shared<detail::DerivedTable<K, V, V2>>(
      table_, store_name,
      [map](std::unique_ptr<detail::ValueGetter<K, V>> parent) -> std::unique_ptr<detail::ValueGetter<K, V2>> {
        return std::make_unique<detail::DerivedGetter<K, V, V2, Map>>(std::move(parent), map);
      });
  if constexpr (Map::kFilters) table->settings.send_old_values = table_->enable_old_values(false);
  detail::NodeFactory factory = [table, map]() -> std::unique_ptr<detail::NodeBase> {
    return std::make_unique<detail::DerivedTableNode<K, V, V2, Map>>(table->settings, map);
  };
  detail::Handle handle =
      detail::add_processor(handle_, {std::move(name), std::move(factory), detail::own_store(spec), {}});
  if (spec) handle.node->output_versioned = materialized->history_retention.has_value();
  if constexpr (Map::kFilters) {
    handle.node->use_versioned_semantics = [table](const std::string&) { table->settings.versioned_semantics = true; };
  }
  return detail::TableParts<K, V2>::make(std::move(handle), std::move(key_serde), std::move(value_serde),
                                         std::move(store_name), std::move(table));
}

template <class K, class V>
template <class Predicate>
KTable<K, V> KTable<K, V>::filtered(Predicate predicate, bool negate, const Named& named,
                                    const std::optional<Materialized<K, V>>& materialized) const {
  static_cast<void>(detail::PredicateOf<Predicate, K, V>{});
  detail::check_function(predicate, "predicate");
  return derived<V>(detail::TableFilterMap<Predicate, K, V>{std::move(predicate), negate}, "KTABLE-FILTER-", named,
                    materialized, value_serde_);
}

template <class K, class V>
template <class F, class V2>
KTable<K, V2> KTable<K, V>::mapped(F mapper, const Named& named,
                                   const std::optional<Materialized<K, V2>>& materialized) const {
  static_cast<void>(detail::StoredAs<V2, typename detail::ValueOf<F, K, detail::In<V>>::Result>{});
  detail::check_function(mapper, "mapper");
  return derived<V2>(detail::TableValueMap<F, K, V, V2>{std::move(mapper)}, "KTABLE-MAPVALUES-", named, materialized,
                     SerdePtr<V2>());
}

template <class K, class V>
template <class VOut, class Supplier>
KTable<K, VOut> KTable<K, V>::transformed(Supplier supplier, const Named& named,
                                          const std::optional<Materialized<K, VOut>>& materialized,
                                          const std::vector<std::string>& stores) const {
  using Types = detail::TransformerOf<Supplier>;
  static_assert(std::is_same_v<typename Types::KeyIn, K> && std::is_same_v<typename Types::ValueIn, V>,
                "streams: the transformer must take the key and value types of the table: "
                "ValueTransformerWithKey<K, V, ...>.");
  detail::Graph& graph = *handle_.graph;
  SerdePtr<K> key_serde = materialized && materialized->key_serde ? materialized->key_serde : key_serde_;
  SerdePtr<VOut> value_serde = materialized ? materialized->value_serde : nullptr;
  std::optional<detail::StorePlan> store;
  if (materialized && !materialized->store_name.empty()) store = detail::store_plan(*materialized);
  std::vector<detail::StoreSpec> specs;
  if (store) specs.push_back(detail::table_store<K, VOut>(graph.config(), *store, key_serde, value_serde));
  std::string store_name = store ? store->name : "";
  if constexpr (detail::BringsStores<Supplier>) {
    for (const StoreBuilder& brought : supplier.stores()) specs.push_back(brought.spec());
  }
  std::string name = graph.name_or_new(named.name, "KTABLE-TRANSFORMVALUES-");
  detail::TransformerFactory<K, V, VOut> make = detail::transformer_factory<K, V, VOut>(name, std::move(supplier));
  auto table = std::make_shared<detail::DerivedTable<K, V, VOut>>(
      table_, store_name,
      [make](std::unique_ptr<detail::ValueGetter<K, V>> parent) -> std::unique_ptr<detail::ValueGetter<K, VOut>> {
        return std::make_unique<detail::TransformGetter<K, V, VOut>>(std::move(parent), make());
      });
  detail::NodeFactory factory = [table, make]() -> std::unique_ptr<detail::NodeBase> {
    return std::make_unique<detail::TransformValuesNode<K, V, VOut>>(table->settings, make());
  };
  detail::Handle handle =
      detail::add_processor(handle_, {std::move(name), std::move(factory), [specs] { return specs; }, stores});
  if (store) handle.node->output_versioned = store->versioned();
  return detail::TableParts<K, VOut>::make(std::move(handle), std::move(key_serde), std::move(value_serde),
                                           std::move(store_name), std::move(table));
}

template <class K, class V>
KStream<K, V> KTable<K, V>::to_stream(const Named& named) const {
  std::string name = handle_.graph->name_or_new(named.name, "KTABLE-TOSTREAM-");
  using In = Record<K, Change<V>>;
  detail::Handle handle = detail::add_processor(
      handle_, {std::move(name), detail::step_factory<In, Record<K, V>>(detail::ToStreamStep<K, V>{}), nullptr, {}});
  handle.repartition_required = false;
  return KStream<K, V>(std::move(handle), key_serde_, value_serde_);
}

template <class K, class V>
template <class F, class Pair>
KGroupedTable<typename Pair::Key, typename Pair::Value> KTable<K, V>::group_by(
    F selector, const Grouped<typename Pair::Key, typename Pair::Value>& grouped) const {
  using K2 = typename Pair::Key;
  using V2 = typename Pair::Value;
  detail::check_function(selector, "selector");
  std::string name = handle_.graph->name_or_new(grouped.name, "KTABLE-SELECT-");
  auto settings = std::make_shared<detail::TableSettings>();
  detail::NodeFactory factory = [settings, selector = std::move(selector)]() -> std::unique_ptr<detail::NodeBase> {
    return std::make_unique<detail::TableRepartitionMapNode<K, V, K2, V2, F>>(*settings, selector);
  };
  detail::Handle handle = detail::add_processor(handle_, {std::move(name), std::move(factory), nullptr, {}});
  handle.node->use_versioned_semantics = [settings](const std::string&) { settings->versioned_semantics = true; };
  table_->enable_old_values(true);
  return KGroupedTable<K2, V2>(std::move(handle), grouped.name, grouped.key_serde, grouped.value_serde);
}

namespace detail {

/// Which sides of a join are versioned: known when the graph is optimised, read when tasks are made.
struct VersionedSides {
  bool left = false, right = false;
};

/// The parts of a table-table join that are written together. Source: KTableKTableJoinNode.
struct TableJoinPlan {
  std::shared_ptr<VersionedSides> versioned = std::make_shared<VersionedSides>();
  ProcessorPlan left, right, merger;
  std::string left_parent, right_parent;
  void write(TopologyPlan& plan) const;
};

/// Takes the numbers of both sides.
template <class Joiner, class K, class L, class R, class Out>
std::shared_ptr<TableJoinPlan> plan_table_join(Graph& graph, const std::string& name, JoinKind kind,
                                               const TableView<K, L>& left, const TableView<K, R>& right,
                                               const std::shared_ptr<JoinedTable<K, L, R, Out>>& table,
                                               const Joiner& join) {
  auto plan = std::make_shared<TableJoinPlan>();
  plan->left = {graph.suffixed_or_new(name, "-join-this", "KTABLE-JOINTHIS-"),
                [kind, table, versioned = plan->versioned, make = right.make, join]() -> std::unique_ptr<NodeBase> {
                  TableSettings settings = table->settings;
                  settings.versioned_semantics = versioned->left;
                  return std::make_unique<TableJoinSide<K, L, R, Out, Joiner, true>>(kind, settings, make(), join);
                },
                nullptr, right.stores};
  plan->right = {graph.suffixed_or_new(name, "-join-other", "KTABLE-JOINOTHER-"),
                 [kind, table, versioned = plan->versioned, make = left.make, join]() -> std::unique_ptr<NodeBase> {
                   TableSettings settings = table->settings;
                   settings.versioned_semantics = versioned->right;
                   return std::make_unique<TableJoinSide<K, R, L, Out, Joiner, false>>(kind, settings, make(), join);
                 },
                 nullptr, left.stores};
  return plan;
}

}  // namespace detail

template <class K, class V>
template <class Out, class V2, class F>
KTable<K, Out> KTable<K, V>::joined(const KTable<K, V2>& other, F joiner, detail::JoinKind kind, const Named& named,
                                    const std::optional<Materialized<K, Out>>& materialized) const {
  using detail::JoinKind;
  using Joiner = detail::TableJoiner<F, K, V, V2, Out>;
  static_cast<void>(detail::StoredAs<Out, typename detail::JoinedValueOf<F, K, V, V2>::Result>{});
  detail::check_function(joiner, "joiner");
  detail::Graph& graph = *handle_.graph;
  std::optional<detail::StorePlan> store;
  if (materialized) store = detail::store_plan(graph, *materialized, "KTABLE-MERGE-");
  const std::string merge_name = graph.name_or_new(named.name, "KTABLE-MERGE-");
  detail::Handle handle = handle_;
  handle.repartitioned = std::make_shared<detail::GraphNode*>(nullptr);
  handle.sources = detail::copartition(handle_, other.handle_);
  if (kind != JoinKind::kInner) table_->enable_old_values(true);
  if (kind == JoinKind::kOuter) other.table_->enable_old_values(true);

  SerdePtr<K> key_serde = materialized && materialized->key_serde ? materialized->key_serde : key_serde_;
  SerdePtr<Out> value_serde = materialized ? materialized->value_serde : nullptr;
  std::optional<detail::StoreSpec> spec;
  if (store) spec = detail::table_store<K, Out>(graph.config(), *store, key_serde, value_serde);

  auto table = std::make_shared<detail::JoinedTable<K, V, V2, Out>>(table_, other.table_, store ? store->name : "");
  const detail::TableView<K, V> left = table_->view();
  const detail::TableView<K, V2> right = other.table_->view();
  const Joiner join{std::move(joiner)};
  table->make_getter = [kind, left = left.make, right = right.make,
                        join]() -> std::unique_ptr<detail::ValueGetter<K, Out>> {
    return std::make_unique<detail::JoinGetter<K, V, V2, Out, Joiner>>(kind, left(), right(), join);
  };

  auto plan = detail::plan_table_join(graph, named.name, kind, left, right, table, join);
  plan->left_parent = handle_.name;
  plan->right_parent = other.handle_.name;
  plan->merger = {merge_name,
                  [table]() -> std::unique_ptr<detail::NodeBase> {
                    return std::make_unique<detail::TableJoinMerger<K, Out>>(table->settings);
                  },
                  detail::own_store(spec),
                  {}};

  detail::GraphNode node;
  node.name = merge_name;
  node.output_versioned = materialized && materialized->history_retention;
  node.write = [plan](detail::TopologyPlan& topology, const detail::GraphNode&) { plan->write(topology); };
  node.use_versioned_semantics = [plan](const std::string& parent) {
    if (parent == plan->left_parent) plan->versioned->left = true;
    if (parent == plan->right_parent) plan->versioned->right = true;
  };
  handle.name = merge_name;
  handle.node = &graph.add({handle_.node, other.handle_.node}, std::move(node));
  return detail::TableParts<K, Out>::make(std::move(handle), std::move(key_serde), std::move(value_serde),
                                          store ? store->name : "", std::move(table));
}

}  // namespace streams
