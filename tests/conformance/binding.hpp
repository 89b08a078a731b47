// The topology of a case while it is built: what operations refer to, and where the rest of the run finds types and
// observations.
#pragma once

#include "dyn_serde.hpp"
#include "op.hpp"
#include "scripts.hpp"

#include <streams/config.hpp>
#include <streams/streams_builder.hpp>

#include <any>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streams::conformance {

/// An operation or a way to use it that has no counterpart in the library yet.
struct NotSupported : std::runtime_error {
  explicit NotSupported(const std::string& what) : std::runtime_error("not supported yet: " + what) {}
};

/// Key and value types of a topic.
struct TopicTypes {
  Type key, value;
};

/// The name of a kind of handle in the table of operations.
template <class Handle>
struct KindOf;
#define STREAMS_CONFORMANCE_KIND(Handle, kind) \
  template <class K>                           \
  struct KindOf<Handle<K, Dyn>> {              \
    static constexpr const char* name = kind;  \
  };
STREAMS_CONFORMANCE_KIND(KStream, "stream")
STREAMS_CONFORMANCE_KIND(KTable, "table")
STREAMS_CONFORMANCE_KIND(GlobalKTable, "global_table")
STREAMS_CONFORMANCE_KIND(KGroupedStream, "grouped_stream")
STREAMS_CONFORMANCE_KIND(KGroupedTable, "grouped_table")
STREAMS_CONFORMANCE_KIND(SessionWindowedKStream, "session_windowed_stream")
#undef STREAMS_CONFORMANCE_KIND
template <class K>
struct KindOf<TimeWindowedKStream<K, Dyn, TimeWindows>> {
  static constexpr const char* name = "time_windowed_stream";
};
template <class K>
struct KindOf<TimeWindowedKStream<K, Dyn, SlidingWindows>> {
  static constexpr const char* name = "sliding_windowed_stream";
};
template <class K>
struct KindOf<TimeWindowedKStream<K, Dyn, UnlimitedWindows>> {
  static constexpr const char* name = "unlimited_windowed_stream";
};

/// What an operation gave: a handle of the DSL, with the types of its keys and values.
struct Ref {
  std::any handle;
  const char* kind = "";
  Type key, value;

  /// The handle; throws NotSupported if it is of another type.
  template <class Handle>
  const Handle& as(const Op& op) const {
    const auto* held = std::any_cast<Handle>(&handle);
    if (held == nullptr) throw NotSupported(op.name() + " on this kind of stream or table");
    return *held;
  }
};

/// What peek, foreach, print and split saw, by id.
using Observed = std::map<std::string, Json>;

class Binding {
 public:
  /// The settings of the application are those of the topology too.
  explicit Binding(const StreamsConfig& config);

  StreamsBuilder& builder() { return builder_; }
  /// After build(): what the operations of the Processor API work on.
  Topology& topology() { return *topology_; }
  void build();

  const Ref& ref(const std::string& id) const;
  const Ref& from(const Op& op) const { return ref(op.text("from")); }
  void put(const std::string& id, Ref ref) { refs_[id] = std::move(ref); }
  /// Under the operation's id, if it has one.
  template <class Handle>
  void put(const Op& op, Handle handle, const Type& key, const Type& value) {
    if (op.has("id")) put(op.text("id"), Ref{std::any(std::move(handle)), KindOf<Handle>::name, key, value});
  }

  void add_source_topic(const std::string& topic, TopicTypes types) { source_topics_[topic] = std::move(types); }
  void add_source_pattern(const std::string& pattern, TopicTypes types) {
    source_patterns_.emplace_back(pattern, std::move(types));
  }
  void add_sink_topic(const std::string& topic, TopicTypes types) { sink_topics_[topic] = std::move(types); }
  void set_dynamic_sink(TopicTypes types) { dynamic_sink_ = std::move(types); }
  /// Types of a topic that is read; null if none reads it.
  const TopicTypes* source_types(const std::string& topic) const;
  const TopicTypes* sink_types(const std::string& topic) const;

  /// Shared with the functions that observe.
  const std::shared_ptr<Observed>& observed() const { return observed_; }
  /// Keeps something as long as the topology.
  void keep(std::shared_ptr<void> thing) { kept_.push_back(std::move(thing)); }
  /// For scripts: asks the topology when tasks start.
  KeepsHeaders keeps_headers() const;

 private:
  StreamsConfig config_;
  StreamsBuilder builder_;
  std::shared_ptr<Topology> topology_;
  std::map<std::string, Ref> refs_;
  std::map<std::string, TopicTypes> source_topics_, sink_topics_;
  std::vector<std::pair<std::string, TopicTypes>> source_patterns_;
  std::optional<TopicTypes> dynamic_sink_;
  std::shared_ptr<Observed> observed_ = std::make_shared<Observed>();
  std::vector<std::shared_ptr<void>> kept_;
};

/// Applies one operation of the case language. Operations are found by "KIND.OP", where KIND is the kind of what the
/// operation works on, or by "OP" if it works on nothing.
using OpFunction = void (*)(Binding& binding, const Op& op);
using OpTable = std::map<std::string, OpFunction>;
void add_source_ops(OpTable& table);
void add_stateless_ops(OpTable& table);
void add_branch_ops(OpTable& table);
void add_processor_ops(OpTable& table);
void add_topology_ops(OpTable& table);
void add_group_ops(OpTable& table);
void add_window_ops(OpTable& table);
void add_cogroup_ops(OpTable& table);
void add_stream_join_ops(OpTable& table);
void add_table_join_ops(OpTable& table);
void add_foreign_key_ops(OpTable& table);
void add_table_ops(OpTable& table);
void add_suppress_ops(OpTable& table);

/// Applies all operations: those of the DSL, the build, then those of the Processor API.
void apply_operations(Binding& binding, const Json& operations);

}  // namespace streams::conformance
