// KTable: the latest value of every key, as a stream of updates.
//
// Source: org.apache.kafka.streams.kstream.KTable.
#pragma once

#include <streams/detail/graph.hpp>
#include <streams/detail/materialize.hpp>
#include <streams/detail/results.hpp>
#include <streams/detail/table.hpp>
#include <streams/detail/table_join_node.hpp>
#include <streams/detail/table_nodes.hpp>
#include <streams/detail/transform_values.hpp>
#include <streams/options.hpp>
#include <streams/suppressed.hpp>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streams {

template <class K, class V>
class KStream;
template <class K, class V>
class KGroupedTable;
template <class K, class V>
class KTable;

namespace detail {
template <class K, class V>
struct TableParts;
template <class Out, class K, class V, class KO, class VO, class F, class J>
KTable<K, Out> foreign_key_join(const KTable<K, V>& left, const KTable<KO, VO>& right, F foreign_key, J joiner,
                                JoinKind kind, const TableJoined<K, KO>& options,
                                const Materialized<K, Out>& materialized);
}  // namespace detail

/// A handle to a table in the topology that is being built. Copies are cheap and mean the same table.
///
/// Operators with Materialized keep their result in a store, which can be queried if it has a name; without, a result
/// is computed when it is asked for. A value of null is the absence of a row: user functions never see it, except for
/// the missing side of left and outer joins.
template <class K, class V>
class KTable {
 public:
  using Key = K;
  using Value = V;

  /// The rows that the predicate accepts. Rows that it stops accepting are deleted from the result.
  template <class Predicate>
  KTable filter(Predicate predicate, const Named& named = {}) const {
    return filtered(std::move(predicate), false, named, std::nullopt);
  }
  template <class Predicate>
  KTable filter(Predicate predicate, const Materialized<K, V>& materialized, const Named& named = {}) const {
    return filtered(std::move(predicate), false, named, materialized);
  }
  /// The rows that the predicate does not accept. Rows that it begins to accept are deleted from the result.
  template <class Predicate>
  KTable filter_not(Predicate predicate, const Named& named = {}) const {
    return filtered(std::move(predicate), true, named, std::nullopt);
  }
  template <class Predicate>
  KTable filter_not(Predicate predicate, const Materialized<K, V>& materialized, const Named& named = {}) const {
    return filtered(std::move(predicate), true, named, materialized);
  }

  /// New values. A mapper that gives std::nullopt deletes the row.
  template <class F, class V2 = typename detail::ValueOf<F, K, detail::In<V>>::type>
  KTable<K, V2> map_values(F mapper, const Named& named = {}) const {
    return mapped<F, V2>(std::move(mapper), named, std::nullopt);
  }
  template <class F, class V2 = typename detail::ValueOf<F, K, detail::In<V>>::type>
  KTable<K, V2> map_values(F mapper, const Materialized<K, V2>& materialized, const Named& named = {}) const {
    return mapped<F, V2>(std::move(mapper), named, materialized);
  }

  /// New values from transformers: `supplier` gives a fresh one each time, a std::unique_ptr of a
  /// ValueTransformerWithKey<K, V, VOut>. They use the `stores` named, and those that `supplier.stores()` brings.
  /// Without a store of its own the result is computed anew whenever somebody looks a row up, by transformers that have
  /// no stores: give Materialized with a name if yours has.
  template <class Supplier, class VOut = typename detail::TransformerOf<Supplier>::ValueOut>
  KTable<K, VOut> transform_values(Supplier supplier, const Named& named = {},
                                   const std::vector<std::string>& stores = {}) const {
    return transformed<VOut>(std::move(supplier), named, std::nullopt, stores);
  }
  template <class Supplier, class VOut = typename detail::TransformerOf<Supplier>::ValueOut>
  KTable<K, VOut> transform_values(Supplier supplier, const Materialized<K, VOut>& materialized,
                                   const Named& named = {}, const std::vector<std::string>& stores = {}) const {
    return transformed<VOut>(std::move(supplier), named, materialized, stores);
  }
  /// Text in braces in the last place, {"store"}, names stores, after a name, a Materialized, or {} for neither.
  template <class Supplier, class VOut = typename detail::TransformerOf<Supplier>::ValueOut>
  KTable<K, VOut> transform_values(Supplier supplier, std::initializer_list<std::string> stores) const {
    return transformed<VOut>(std::move(supplier), {}, std::nullopt, stores);
  }
  template <class Supplier, class VOut = typename detail::TransformerOf<Supplier>::ValueOut>
  KTable<K, VOut> transform_values(Supplier supplier, std::initializer_list<detail::Nothing>,
                                   std::initializer_list<std::string> stores) const {
    return transformed<VOut>(std::move(supplier), {}, std::nullopt, stores);
  }
  template <class Supplier, class VOut = typename detail::TransformerOf<Supplier>::ValueOut>
  KTable<K, VOut> transform_values(Supplier supplier, const Named& named,
                                   std::initializer_list<std::string> stores) const {
    return transformed<VOut>(std::move(supplier), named, std::nullopt, stores);
  }
  template <class Supplier, class VOut = typename detail::TransformerOf<Supplier>::ValueOut>
  KTable<K, VOut> transform_values(Supplier supplier, const Materialized<K, VOut>& materialized,
                                   std::initializer_list<std::string> stores) const {
    return transformed<VOut>(std::move(supplier), {}, materialized, stores);
  }

  /// The updates as records.
  KStream<K, V> to_stream(const Named& named = {}) const;
  /// The updates with new keys.
  template <class F, class K2 = typename detail::ValueOf<F, K, detail::In<V>>::type>
  KStream<K2, V> to_stream(F selector, const Named& named = {}) const {
    return to_stream(named).select_key(std::move(selector));
  }

  /// Groups rows under new keys: the selector gives std::pair of group key and value. Aggregations of the result add a
  /// row to its group, and subtract what it was before.
  template <class F, class Pair = detail::PairOf<F, K, detail::In<V>>>
  KGroupedTable<typename Pair::Key, typename Pair::Value> group_by(
      F selector, const Grouped<typename Pair::Key, typename Pair::Value>& grouped = {}) const;

  /// Rows whose key is in both tables.
  template <class V2, class F>
  auto join(const KTable<K, V2>& other, F joiner, const Named& named = {}) const {
    using Out = typename detail::JoinedValueOf<F, K, V, V2>::type;  // here, as other overloads must not ask for it
    return joined<Out>(other, std::move(joiner), detail::JoinKind::kInner, named, std::nullopt);
  }
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KTable<K, Out> join(const KTable<K, V2>& other, F joiner, const Materialized<K, Out>& materialized,
                      const Named& named = {}) const {
    return joined<Out>(other, std::move(joiner), detail::JoinKind::kInner, named, materialized);
  }
  /// All rows of this table; the other side is null where it has no row.
  template <class V2, class F>
  auto left_join(const KTable<K, V2>& other, F joiner, const Named& named = {}) const {
    using Out = typename detail::JoinedValueOf<F, K, V, V2>::type;  // here, as other overloads must not ask for it
    return joined<Out>(other, std::move(joiner), detail::JoinKind::kLeft, named, std::nullopt);
  }
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KTable<K, Out> left_join(const KTable<K, V2>& other, F joiner, const Materialized<K, Out>& materialized,
                           const Named& named = {}) const {
    return joined<Out>(other, std::move(joiner), detail::JoinKind::kLeft, named, materialized);
  }
  /// All rows of both tables; either side is null where it has no row.
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KTable<K, Out> outer_join(const KTable<K, V2>& other, F joiner, const Named& named = {}) const {
    return joined<Out>(other, std::move(joiner), detail::JoinKind::kOuter, named, std::nullopt);
  }
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KTable<K, Out> outer_join(const KTable<K, V2>& other, F joiner, const Materialized<K, Out>& materialized,
                            const Named& named = {}) const {
    return joined<Out>(other, std::move(joiner), detail::JoinKind::kOuter, named, materialized);
  }

  /// Tables with other keys cannot be joined so: this says it.
  template <class K2, class V2, class F>
  requires(!std::is_same_v<K2, K>) void join(const KTable<K2, V2>&, F) const { detail::check_same_keys<K, K2>(); }

  /// Joins each row with the row of the other table whose key `foreign_key` takes from it: (const V&) or (const K&,
  /// const V&) to a KO, or std::nullopt for none. Tables of any partitioning: subscriptions and responses go through
  /// internal topics.
  template <class KO, class VO, class F, class J, class Out = typename detail::ForeignJoinedValueOf<J, K, V, VO>::type>
  KTable<K, Out> join(const KTable<KO, VO>& other, F foreign_key, J joiner,
                      const TableJoined<K, KO>& options = {}) const {
    return detail::foreign_key_join<Out>(*this, other, std::move(foreign_key), std::move(joiner),
                                         detail::JoinKind::kInner, options, {});
  }
  template <class KO, class VO, class F, class J, class Out = typename detail::ForeignJoinedValueOf<J, K, V, VO>::type>
  KTable<K, Out> join(const KTable<KO, VO>& other, F foreign_key, J joiner, const Materialized<K, Out>& materialized,
                      const TableJoined<K, KO>& options = {}) const {
    return detail::foreign_key_join<Out>(*this, other, std::move(foreign_key), std::move(joiner),
                                         detail::JoinKind::kInner, options, materialized);
  }
  /// The same for all rows of this table: the other side is null where there is no foreign key or no row with it.
  template <class KO, class VO, class F, class J, class Out = typename detail::ForeignJoinedValueOf<J, K, V, VO>::type>
  KTable<K, Out> left_join(const KTable<KO, VO>& other, F foreign_key, J joiner,
                           const TableJoined<K, KO>& options = {}) const {
    return detail::foreign_key_join<Out>(*this, other, std::move(foreign_key), std::move(joiner),
                                         detail::JoinKind::kLeft, options, {});
  }
  template <class KO, class VO, class F, class J, class Out = typename detail::ForeignJoinedValueOf<J, K, V, VO>::type>
  KTable<K, Out> left_join(const KTable<KO, VO>& other, F foreign_key, J joiner,
                           const Materialized<K, Out>& materialized, const TableJoined<K, KO>& options = {}) const {
    return detail::foreign_key_join<Out>(*this, other, std::move(foreign_key), std::move(joiner),
                                         detail::JoinKind::kLeft, options, materialized);
  }

  /// Holds updates back: fewer of them, or only final results of windows. Throws TopologyError for versioned tables,
  /// and for tables without windows if their ends are to be waited for.
  KTable suppress(const Suppressed& suppressed) const;

  /// The name under which the table can be queried; empty if it cannot.
  const std::string& queryable_store_name() const { return store_name_; }

 private:
  template <class, class>
  friend class KTable;
  template <class, class>
  friend struct detail::TableParts;

  KTable(detail::Handle handle, SerdePtr<K> key_serde, SerdePtr<V> value_serde, std::string store_name,
         std::shared_ptr<detail::Table<K, V>> table)
      : handle_(std::move(handle)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)),
        store_name_(std::move(store_name)),
        table_(std::move(table)) {}

  template <class Predicate>
  KTable filtered(Predicate predicate, bool negate, const Named& named,
                  const std::optional<Materialized<K, V>>& materialized) const;
  template <class F, class V2>
  KTable<K, V2> mapped(F mapper, const Named& named, const std::optional<Materialized<K, V2>>& materialized) const;
  template <class VOut, class Supplier>
  KTable<K, VOut> transformed(Supplier supplier, const Named& named,
                              const std::optional<Materialized<K, VOut>>& materialized,
                              const std::vector<std::string>& stores) const;
  template <class V2, class Map>
  KTable<K, V2> derived(Map map, const char* prefix, const Named& named,
                        const std::optional<Materialized<K, V2>>& materialized,
                        const SerdePtr<V2>& inherited_serde) const;
  template <class Out, class V2, class F>
  KTable<K, Out> joined(const KTable<K, V2>& other, F joiner, detail::JoinKind kind, const Named& named,
                        const std::optional<Materialized<K, Out>>& materialized) const;

  detail::Handle handle_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  std::string store_name_;
  std::shared_ptr<detail::Table<K, V>> table_;
};

namespace detail {

/// The inside of a table's handle, for the operators.
template <class K, class V>
struct TableParts {
  Handle handle;
  SerdePtr<K> key_serde;
  SerdePtr<V> value_serde;
  std::string store_name;
  std::shared_ptr<Table<K, V>> table;

  explicit TableParts(const KTable<K, V>& from)
      : handle(from.handle_),
        key_serde(from.key_serde_),
        value_serde(from.value_serde_),
        store_name(from.store_name_),
        table(from.table_) {}
  static KTable<K, V> make(Handle handle, SerdePtr<K> key_serde, SerdePtr<V> value_serde, std::string store_name,
                           std::shared_ptr<Table<K, V>> table) {
    return KTable<K, V>(std::move(handle), std::move(key_serde), std::move(value_serde), std::move(store_name),
                        std::move(table));
  }
};

/// Turns a stream of updates into a table that gets its store when it is needed. Used by StreamsBuilder::table and
/// KStream::to_table.
template <class K, class V>
ProcessorPlan table_source_plan(Graph& graph, const std::string& name, const StorePlan& store,
                                const SerdePtr<K>& key_serde, const SerdePtr<V>& value_serde,
                                const std::shared_ptr<SourceTable<K, V>>& table) {
  const StoreSpec spec = table_store<K, V>(graph.config(), store, key_serde, value_serde);
  return {name,
          [table]() -> std::unique_ptr<NodeBase> { return std::make_unique<TableSourceNode<K, V>>(table->settings); },
          [table, spec] { return table->settings.store.empty() ? std::vector<StoreSpec>{} : std::vector{spec}; },
          {}};
}

template <class K, class V>
KTable<K, V> add_table_source(const Handle& parent, const std::string& name, const StorePlan& store,
                              const SerdePtr<K>& key_serde, const SerdePtr<V>& value_serde) {
  auto table = std::make_shared<SourceTable<K, V>>(store.name, store.named);
  Handle handle = add_processor(parent, table_source_plan(*parent.graph, name, store, key_serde, value_serde, table));
  handle.node->output_versioned = store.versioned();
  return TableParts<K, V>::make(std::move(handle), key_serde, value_serde, store.named ? store.name : "",
                                std::move(table));
}

}  // namespace detail

}  // namespace streams

#include <streams/kstream.hpp>

#include <streams/detail/foreign_key_join.hpp>
#include <streams/detail/ktable_impl.hpp>
#include <streams/detail/suppress_node.hpp>
