// KStream: a stream of records, each a fact of its own.
//
// Source: org.apache.kafka.streams.kstream.KStream.
#pragma once

#include <streams/detail/graph.hpp>
#include <streams/detail/print.hpp>
#include <streams/detail/processor_node.hpp>
#include <streams/detail/repartition.hpp>
#include <streams/detail/results.hpp>
#include <streams/detail/sink_node.hpp>
#include <streams/detail/steps.hpp>
#include <streams/errors.hpp>
#include <streams/options.hpp>
#include <streams/stores.hpp>
#include <streams/windows.hpp>

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streams {

template <class K, class V>
class KTable;
template <class K, class V>
class GlobalKTable;
template <class K, class V>
class KGroupedStream;
template <class K, class V>
class BranchedKStream;
class StreamsBuilder;

namespace detail {
template <class K, class V>
struct StreamParts;
}

/// A handle to a stream in the topology that is being built. Copies are cheap and mean the same stream. Every operator
/// adds a node and gives a new handle; the last argument of each is an aggregate of options, `{.name = "..."}` names
/// the node.
///
/// Functions of the user take (const V&) or (const K&, const V&). Where a key or value may be null, take it as const V*
/// or std::optional<V>; a null for a const V& goes to the processing exception handler. Every task has its own copy of
/// a function.
template <class K, class V>
class KStream {
 public:
  using Key = K;
  using Value = V;

  /// Keeps the records that the predicate accepts.
  template <class Predicate>
  KStream filter(Predicate predicate, const Named& named = {}) const {
    return filtered(std::move(predicate), false, named);
  }
  /// Drops the records that the predicate accepts.
  template <class Predicate>
  KStream filter_not(Predicate predicate, const Named& named = {}) const {
    return filtered(std::move(predicate), true, named);
  }

  /// New values, same keys: nothing needs to be repartitioned.
  template <class F, class V2 = typename detail::ValueOf<F, K, detail::Take<V>>::type>
  KStream<K, V2> map_values(F mapper, const Named& named = {}) const {
    detail::check_function(mapper, "mapper");
    return {step<Record<K, V2>>(detail::MapValuesStep<F, K, V, V2>{std::move(mapper)}, named, "KSTREAM-MAPVALUES-",
                                detail::mark_value_changing),
            key_serde_, nullptr};
  }
  /// New keys and values: gives std::pair. Grouping or joining the result repartitions it.
  template <class F, class Pair = detail::PairOf<F, K, detail::Take<V>>>
  KStream<typename Pair::Key, typename Pair::Value> map(F mapper, const Named& named = {}) const {
    using K2 = typename Pair::Key;
    using V2 = typename Pair::Value;
    detail::check_function(mapper, "mapper");
    return {step<Record<K2, V2>>(detail::MapStep<F, K, V, K2, V2>{std::move(mapper)}, named, "KSTREAM-MAP-",
                                 detail::mark_key_changing),
            nullptr, nullptr};
  }
  /// Any number of new records for each: gives a range of std::pair.
  template <class F, class Pair = detail::PairRangeOf<F, K, V>>
  KStream<typename Pair::Key, typename Pair::Value> flat_map(F mapper, const Named& named = {}) const {
    using K2 = typename Pair::Key;
    using V2 = typename Pair::Value;
    detail::check_function(mapper, "mapper");
    return {step<Record<K2, V2>>(detail::FlatMapStep<F, K, V, K2, V2>{std::move(mapper)}, named, "KSTREAM-FLATMAP-",
                                 detail::mark_key_changing),
            nullptr, nullptr};
  }
  /// Any number of new values for each record: gives a range, lazy ones (std::views, range-v3) included.
  template <class F, class V2 = detail::Unwrapped<typename detail::RangeOf<F, K, V>::Element>>
  KStream<K, V2> flat_map_values(F mapper, const Named& named = {}) const {
    detail::check_function(mapper, "mapper");
    return {step<Record<K, V2>>(detail::FlatMapValuesStep<F, K, V, V2>{std::move(mapper)}, named,
                                "KSTREAM-FLATMAPVALUES-", detail::mark_value_changing),
            key_serde_, nullptr};
  }
  /// New keys, same values. Grouping or joining the result repartitions it.
  template <class F, class K2 = typename detail::ValueOf<F, K, detail::In<V>>::type>
  KStream<K2, V> select_key(F mapper, const Named& named = {}) const {
    detail::check_function(mapper, "mapper");
    return {step<Record<K2, V>>(detail::SelectKeyStep<F, K, V, K2>{std::move(mapper)}, named, "KSTREAM-KEY-SELECT-",
                                detail::mark_key_changing),
            nullptr, value_serde_};
  }
  /// Looks at every record and passes it on.
  template <class F>
  KStream peek(F action, const Named& named = {}) const {
    static_cast<void>(detail::ActionOf<F, K, V>{});
    detail::check_function(action, "action");
    return same(detail::PeekStep<F, K, V>{std::move(action)}, named, "KSTREAM-PEEK-");
  }
  /// Does something with every record: the end of the stream.
  template <class F>
  void for_each(F action, const Named& named = {}) const {
    static_cast<void>(detail::ActionOf<F, K, V>{});
    detail::check_function(action, "action");
    step<Record<K, V>>(detail::ForEachStep<F, K, V>{std::move(action)}, named, "KSTREAM-FOREACH-");
  }
  /// Prints every record as "[LABEL]: KEY, VALUE", with null where there is none: the end of the stream. Types other
  /// than texts and numbers need a function std::string to_string(const T&) in their namespace.
  void print(const Printed& printed = {}) const { printed_as(detail::DefaultText{}, printed); }
  /// Prints what the mapper gives, (const V&) or (const K&, const V&) to a text, behind the label.
  template <class F>
  requires(!std::is_convertible_v<F, Printed>) void print(F mapper, const Printed& printed = {}) const {
    detail::check_function(mapper, "mapper");
    printed_as(detail::UserText<F, K, V>{std::move(mapper)}, printed);
  }
  /// The records of both streams, in no particular order between the two.
  KStream merge(const KStream& other, const Named& named = {}) const;
  /// Begins to split the stream: see BranchedKStream.
  BranchedKStream<K, V> split(const Named& named = {}) const;

  /// Writes the stream to a topic, which must exist.
  void to(const std::string& topic) const {
    check_serdes();
    to(topic, Produced<K, V>{});
  }
  void to(const std::string& topic, const Produced<K, V>& produced) const;
  /// Writes each record to the topic that the function gives; all of them must exist.
  /// It takes (const K* key, const V* value, const RecordContext&) and gives a std::string.
  void to(TopicNameExtractor<K, V> topic_of) const {
    check_serdes();
    to(std::move(topic_of), Produced<K, V>{});
  }
  void to(TopicNameExtractor<K, V> topic_of, const Produced<K, V>& produced) const;

  /// Sends the stream through an internal topic: all records of one key meet in one task again.
  KStream repartition() const {
    check_serdes();
    return repartition(Repartitioned<K, V>{});
  }
  KStream repartition(const Repartitioned<K, V>& repartitioned) const;
  /// The latest value of every key.
  KTable<K, V> to_table(const Named& named = {}) const {
    check_serdes();
    return to_table(Materialized<K, V>{}, named);
  }
  KTable<K, V> to_table(const Materialized<K, V>& materialized, const Named& named = {}) const;

  /// Groups by the key that the records have.
  KGroupedStream<K, V> group_by_key(const Grouped<K, V>& grouped = {}) const;
  /// Groups by a new key: select_key() and group_by_key() in one.
  template <class F, class K2 = typename detail::ValueOf<F, K, detail::In<V>>::type>
  KGroupedStream<K2, V> group_by(F selector, const Grouped<K2, V>& grouped = {}) const;

  /// Joins records of two streams whose times are near each other. The joiner takes (const V&, const V2&), a key in
  /// front if it wants one.
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KStream<K, Out> join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows) const {
    check_serdes();
    detail::check_default_serde<V2>();
    return join(other, std::move(joiner), windows, StreamJoined<K, V, V2>{});
  }
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KStream<K, Out> join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows,
                       const StreamJoined<K, V, V2>& joined) const;
  /// Records of this stream without a partner give a result too, once their window has closed: the other side is null
  /// then.
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KStream<K, Out> left_join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows) const {
    check_serdes();
    detail::check_default_serde<V2>();
    return left_join(other, std::move(joiner), windows, StreamJoined<K, V, V2>{});
  }
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KStream<K, Out> left_join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows,
                            const StreamJoined<K, V, V2>& joined) const;
  /// Records of either stream without a partner give a result too.
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KStream<K, Out> outer_join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows) const {
    check_serdes();
    detail::check_default_serde<V2>();
    return outer_join(other, std::move(joiner), windows, StreamJoined<K, V, V2>{});
  }
  template <class V2, class F, class Out = typename detail::JoinedValueOf<F, K, V, V2>::type>
  KStream<K, Out> outer_join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows,
                             const StreamJoined<K, V, V2>& joined) const;

  /// Looks up the row of the record's key as it is now.
  template <class T, class F, class Out = typename detail::JoinedValueOf<F, K, V, T>::type>
  KStream<K, Out> join(const KTable<K, T>& table, F joiner, const Joined<K, V, T>& joined = {}) const;
  template <class T, class F, class Out = typename detail::JoinedValueOf<F, K, V, T>::type>
  KStream<K, Out> left_join(const KTable<K, T>& table, F joiner, const Joined<K, V, T>& joined = {}) const;

  /// Streams and tables with other keys cannot be joined: these say so.
  template <class K2, class V2, class F>
  requires(!std::is_same_v<K2, K>) void join(const KStream<K2, V2>&, F, const JoinWindows&) const {
    detail::check_same_keys<K, K2>();
  }
  template <class K2, class T, class F>
  requires(!std::is_same_v<K2, K>) void join(const KTable<K2, T>&, F) const { detail::check_same_keys<K, K2>(); }

  /// Looks up the row of the key that `selector` computes from the record; no repartitioning is needed.
  template <class K2, class T, class Selector, class F, class Out = typename detail::JoinedValueOf<F, K, V, T>::type>
  KStream<K, Out> join(const GlobalKTable<K2, T>& table, Selector selector, F joiner, const Named& named = {}) const;
  template <class K2, class T, class Selector, class F, class Out = typename detail::JoinedValueOf<F, K, V, T>::type>
  KStream<K, Out> left_join(const GlobalKTable<K2, T>& table, Selector selector, F joiner,
                            const Named& named = {}) const;

  /// Runs a processor of your own that may change keys. `stores` are connected to it.
  template <ProcessorSupplier Supplier>
  auto process(Supplier supplier, const Named& named = {}, const std::vector<std::string>& stores = {}) const;
  template <ProcessorSupplier Supplier>
  auto process(Supplier supplier, const std::vector<std::string>& stores) const {
    return process(std::move(supplier), Named{}, stores);
  }
  /// process(supplier, {"store"})
  template <ProcessorSupplier Supplier>
  auto process(Supplier supplier, std::initializer_list<std::string> stores) const {
    return process(std::move(supplier), Named{}, stores);
  }
  /// Runs a FixedKeyProcessor: the keys stay as they are.
  template <ProcessorSupplier Supplier>
  auto process_values(Supplier supplier, const Named& named = {}, const std::vector<std::string>& stores = {}) const;
  template <ProcessorSupplier Supplier>
  auto process_values(Supplier supplier, const std::vector<std::string>& stores) const {
    return process_values(std::move(supplier), Named{}, stores);
  }
  template <ProcessorSupplier Supplier>
  auto process_values(Supplier supplier, std::initializer_list<std::string> stores) const {
    return process_values(std::move(supplier), Named{}, stores);
  }

 private:
  template <class, class>
  friend class KStream;
  template <class, class>
  friend class KTable;
  template <class, class>
  friend class BranchedKStream;
  friend class StreamsBuilder;
  template <class, class>
  friend struct detail::StreamParts;

  KStream(detail::Handle handle, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : handle_(std::move(handle)), key_serde_(std::move(key_serde)), value_serde_(std::move(value_serde)) {}

  static constexpr void check_serdes() {
    detail::check_default_serde<K>();
    detail::check_default_serde<V>();
  }
  template <class Out, class Step>
  detail::Handle step(Step step, const Named& named, const char* prefix,
                      void (*mark)(detail::GraphNode&) = nullptr) const {
    std::string name = handle_.graph->name_or_new(named.name, prefix);
    return detail::add_processor(
        handle_, {std::move(name), detail::step_factory<Record<K, V>, Out>(std::move(step)), nullptr, {}}, mark);
  }
  template <class Step>
  KStream same(Step step_to_add, const Named& named, const char* prefix) const {
    return {step<Record<K, V>>(std::move(step_to_add), named, prefix), key_serde_, value_serde_};
  }
  template <class Predicate>
  KStream filtered(Predicate predicate, bool negate, const Named& named) const {
    static_cast<void>(detail::PredicateOf<Predicate, K, V>{});
    detail::check_function(predicate, "predicate");
    return same(detail::FilterStep<Predicate, K, V>{std::move(predicate), negate}, named, "KSTREAM-FILTER-");
  }
  template <class Text>
  void printed_as(Text text, const Printed& printed) const;
  template <class Supplier>
  detail::Handle processor(Supplier supplier, const Named& named, const char* prefix,
                           const std::vector<std::string>& stores) const;

  detail::Handle handle_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
};

}  // namespace streams

#include <streams/branched.hpp>

#include <streams/detail/kstream_impl.hpp>
