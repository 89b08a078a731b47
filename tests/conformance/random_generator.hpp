// A random case from a seed: topology, input, and for each result what other runs of the case must give.
#pragma once

#include "dyn.hpp"

#include <simulation/random.hpp>

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace streams::conformance {

/// How much of a result stays the same when the application runs with record caches, or under other optimisations.
enum class Caches {
  kNone,   ///< nothing that could be compared
  kLarge,  ///< with caches that evict nothing, as long as no more or fewer records wait in queues: with them the order
           ///< of records with equal timestamps would change (PartitionGroup)
  kNoEviction,  ///< with caches that evict nothing, and with any optimisation
  kAny,         ///< with caches of any size, and with any optimisation
};

/// What runs of one case must agree in. Where stores are, on disk or in memory, changes nothing but what a cache
/// that is too small evicts. With caches
/// (KIP-63) and a final commit:
///
/// | result of                     | agree in                 | because                                               |
/// |-------------------------------|--------------------------|-------------------------------------------------------|
/// | operators without state       | all records              | a cache holds back updates of tables only             |
/// | joins of two streams          | all, with large caches   | window stores with duplicates have no cache           |
/// | stream with a table           | all, with large caches   | a look-up reads through the cache of the first store; |
/// |                               |                          | not on tables of later ones, which a flush updates    |
/// | stream with a global table    | all records              | their caches are flushed with each record             |
/// | aggregation, windowed or not  | last row of each key     | updates between two flushes are left out              |
/// | sessions, some cogroups       | last rows, input in order| what expires in a store goes on in its cache          |
/// | on window close (KIP-825):    |                          |                                                       |
/// | - sliding, sessions           | all records              | these stores have no cache                            |
/// | - tumbling, hopping           | last rows of keys in both| WindowStoreMaterializer gives them one: windows that  |
/// |                               |                          | expire before they are given out are still there      |
/// | join of tables, left join by  | last rows, not times,    | the time is that of the last update, even of one that |
/// | a foreign key                 | without eviction         | changed nothing (KIP-258) and may be left out; a join |
/// |                               |                          | that an eviction brings about reads rows in caches,   |
/// |                               |                          | and a row that is deleted before it was ever given    |
/// |                               |                          | out tells nobody (CachingKeyValueStore)               |
/// | - of tables behind others, or | nothing                  | what they read may be given out commits later, or     |
/// |   with and without a cache    |                          | never                                                 |
/// | - then filter, group_by, or   | nothing                  | see add_table_join()                                  |
/// |   an inner join of tables     |                          |                                                       |
/// | inner join by a foreign key   | nothing                  | if a flush updates a left row and deletes its right   |
/// |                               |                          | one, the result stays: the answer to the deletion has |
/// |                               |                          | the old hash, and the new subscription gets none      |
/// |                               |                          | (SubscriptionSendProcessorSupplier)                   |
/// | aggregation of a table        | last rows but zeros      | a group that values only pass through is zero or was  |
/// |                               |                          | never there (KTableAggregate)                         |
/// | suppression of open windows   | last rows of keys in both| a flush has another order of times, which are stream  |
/// |                               |                          | time in KTableSuppressProcessor                       |
/// | suppression by time, streams  | nothing                  | they depend on every update                           |
/// | of tables' updates            |                          |                                                       |
/// | processors                    | all records              | they read their stores through the cache              |
///
/// Other optimisations (KIP-295, `single.store.self.join`) change internal topics, and with them the order of records
/// from different queues: results with Caches::kAny have the same records in any order.
///
/// A restart loses what processors keep in memory: the highest timestamp that a windowed operator has seen
/// (observedStreamTime in KStreamWindowAggregate and others; it decides what is late) and punctuations. If no input is
/// out of order, nothing is late, and every record must be the same; not behind operators whose results are
/// out of order themselves and not behind punctuations, LRU stores, buffers without changelog or left and outer joins
/// of streams.
struct Agreement {
  enum class What { kRecords, kLastRows, kLastRowsOfBoth };
  What what = What::kRecords;
  Caches caches = Caches::kAny;
  bool times = true;    ///< timestamps are compared too
  bool restart = true;  ///< the same with a restart in the middle, if the input is in order
};

/// A stream or table; keys are strings, or windowed strings.
struct Node {
  std::string id;
  bool is_long = false;  ///< values are longs, otherwise strings
  Agreement agree;
  bool ordered = true;     ///< timestamps do not go back where those of the input do not
  bool immediate = false;  ///< a table that is read from stores which its input is written to at once
  bool versioned = false;
  bool cached = true;         ///< its store has a cache
  bool from_initial = false;  ///< the old value of the first update is the initial value (see add_grouped_table())
  bool joined = false;        ///< old values need not be those that were given out (see add_table_join())
  bool windowed = false;      ///< keys are windowed
  bool window_final = false;  ///< a windowed aggregation: it can be suppressed until windows close
  int weight = 1;             ///< about how many records a record of the input becomes
};

/// An array of an expression: a name and its arguments.
template <class... A>
Json call(const char* name, A... arguments) {
  Json out = Json::array();
  out.push_back(name);
  (out.push_back(Json(std::move(arguments))), ...);
  return out;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed);
  /// A case with `agree` (by id of the results) in place of `expect`. The results of ID are sent to out-ID.
  Json generate();

 private:
  using Members = void (Generator::*)();

  int pick(int n) { return static_cast<int>(random_.below(static_cast<std::size_t>(n))); }
  bool chance(int percent) { return random_.percent(percent); }
  std::string new_id() { return "n" + std::to_string(next_++); }
  static const char* type_of(bool is_long) { return is_long ? "long" : "string"; }
  void one_of(std::initializer_list<Members> members) { (this->*members.begin()[random_.below(members.size())])(); }

  // random_generator.cpp: choosing, sources, sinks
  std::string add(const char* op, Json parameters);
  Node one(const std::vector<Node>& list);
  Node stream();
  Node table();
  Node stream_of_type(bool is_long);
  Node non_null(const Node& from);
  /// The same node under another id.
  Node next(Node from, std::string id);
  static Node both(const Node& left, const Node& right);
  void put_stream(Node node);
  void put_table(Node node);
  void name_some(Json& parameters);
  Json store_of_table(bool may_be_versioned = false);
  static bool has_cache(const Json& parameters);
  Json predicate(const Node& of);
  Json mapped(const Node& of);
  static Json new_key(const Node& of);
  static Json letter(const Node& of, const char* variable);
  static Json joined(const Node& left, const Node& right);
  void add_sources();
  void add_stream_source();
  void add_table_source();
  void add_global_table();
  void add_sinks();
  Json config();

  // random_streams.cpp: operators of streams without stores, and processors
  void add_stream_operator();
  void add_filter();
  void add_map();
  void add_map_values();
  void add_flat_map();
  void add_flat_map_values();
  void add_select_key();
  void add_observer();
  void add_split();
  void add_merge();
  void add_repartition();
  void add_through();
  void add_dynamic_sink();
  void add_record_processor();
  void add_store_processor();
  void add_key_value_commands();
  void add_window_processor();
  void add_punctuation();
  std::string add_store(Json store);
  void put_processed(const char* op, const Node& from, Json parameters, Node result);

  // random_tables.cpp: aggregations and operators of tables
  void add_aggregation();
  void add_cogroup();
  std::string grouped(const Node& from, bool named = false);
  Json window(bool cogrouped);
  Node aggregated(const std::string& group, const Node& from, bool sessions, bool on_close);
  Node windowed_result(Node of, const Json& window, bool on_close);
  void add_windowed(Node table);
  void add_table_operator();
  void add_table_filter();
  void add_table_map_values();
  void add_transform_values();
  void add_to_table();
  void add_to_stream();
  void add_grouped_table();
  void add_suppress();
  void add_windowed_operator();
  void add_windowed_suppress();
  void add_regroup();
  Node suppressed(const Node& from, Json parameters);

  // random_joins.cpp
  Node non_null_values(const Node& from);
  static Caches joined_caches(const Node& left, const Node& right);
  void add_stream_join();
  void add_stream_table_join();
  void add_stream_global_join();
  void add_table_join();
  void add_foreign_key_join();

  // random_processors.cpp: the Processor API
  void add_processor_api();
  void add_route();
  void add_topology_store();
  void add_read_only_store();
  void add_topology_global_store();
  void add_global_store();

  // random_input.cpp
  Json input();
  Json record();
  Json batch();

  struct Topic {
    std::string name;
    bool is_long;
  };
  simulation::Random random_;
  bool ordered_input_;
  Json topology_ = Json::array(), of_processors_ = Json::array(), agree_ = Json::object();
  std::vector<Topic> topics_;
  std::vector<Node> streams_, tables_, windowed_, globals_;
  bool commits_ = false;  ///< a processor asks for commits
  bool has_dynamic_sink_ = false;
  int next_ = 0;
  int now_ = 0;
};

}  // namespace streams::conformance
