// Runs a topology: threads, state, and what the application is told of them.
#pragma once

#include <streams/clock.hpp>
#include <streams/config.hpp>
#include <streams/detail/store_views.hpp>
#include <streams/metrics.hpp>
#include <streams/options.hpp>
#include <streams/partitioner.hpp>
#include <streams/query.hpp>
#include <streams/state_listener.hpp>
#include <streams/store_query.hpp>
#include <streams/streams_metadata.hpp>
#include <streams/thread_metadata.hpp>
#include <streams/topology.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace streams {

class EmbeddedCluster;

/// What to do when a stream thread ends with an exception that no handler took.
/// Source: org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.
enum class UncaughtExceptionAction {
  kReplaceThread,        ///< another thread goes on from the last commit
  kShutdownClient,       ///< this KafkaStreams object stops, in state kError
  kShutdownApplication,  ///< all instances of the application stop
};

/// What becomes of an instance's places in its group when it is closed.
enum class GroupMembership {
  kUsual,   ///< without group.instance.id the others take over at once; with it, when the session has ended
  kLeave,   ///< the others take over at once. Not on Kafka with group.instance.id: as kUsual
  kRemain,  ///< the others wait for its return until session.timeout.ms has passed
};

/// How to close. Source: KIP-812.
/// Differs from Kafka Streams: there, members remain unless told otherwise.
struct CloseOptions {
  std::chrono::milliseconds timeout = std::chrono::milliseconds::max();  ///< how long close() waits
  GroupMembership membership = GroupMembership::kUsual;                  ///< of all its members
};

/// One instance of a stream processing application. Instances with the same application.id share the work.
///
/// Threads:  every function may be called from any thread; setters only before start().
/// Lifetime: the destructor closes and waits for the threads.
/// Source: org.apache.kafka.streams.KafkaStreams.
class KafkaStreams {
 public:
  /// kCreated -> kRebalancing <-> kRunning -> kPendingShutdown -> kNotRunning; from kRebalancing and kRunning also
  /// -> kPendingError -> kError.
  enum class State {
    kCreated,
    kRebalancing,  ///< joining the group, restoring state
    kRunning,      ///< every thread processes
    kPendingShutdown,
    kNotRunning,
    kPendingError,
    kError,
  };
  using StateListener = std::function<void(State to, State from)>;
  using UncaughtExceptionHandler = std::function<UncaughtExceptionAction(const std::exception_ptr&)>;

  /// On the Kafka cluster of "bootstrap.servers". Throws ConfigError, TopologyError.
  KafkaStreams(const Topology& topology, const StreamsConfig& config, const Clock& clock = system_clock());
  /// On a cluster in this process, which outlives this object.
  KafkaStreams(const Topology& topology, const StreamsConfig& config, EmbeddedCluster& cluster,
               const Clock& clock = system_clock());
  ~KafkaStreams();
  KafkaStreams(const KafkaStreams&) = delete;
  KafkaStreams& operator=(const KafkaStreams&) = delete;

  /// Called on whichever thread causes the change, one change after the other. It may call
  /// close(std::chrono::milliseconds(0)).
  void set_state_listener(StateListener listener);
  /// Called on the thread that failed. Without one: kShutdownClient.
  void set_uncaught_exception_handler(UncaughtExceptionHandler handler);
  /// Told how restoring goes on, by the threads that restore.
  void set_restore_listener(std::shared_ptr<RestoreListener> listener);
  /// Told how standby tasks go on. Source: KIP-988.
  void set_standby_listener(std::shared_ptr<StandbyListener> listener);

  /// Locks the state directory and starts the threads; does not wait for them. Throws StreamsError if the state
  /// directory cannot be used, or if it was called before.
  void start();
  /// Commits, closes all tasks, leaves the group. True if everything ended within the timeout; otherwise it goes on
  /// behind, and the destructor waits for it. From a thread of the library: does not wait.
  bool close(std::chrono::milliseconds timeout = std::chrono::milliseconds::max());
  /// The same, and what becomes of its places in the group. Later calls do not change that.
  bool close(const CloseOptions& options);
  /// Deletes this instance's state directory; before start() or after close(). Throws StreamsError otherwise.
  void clean_up();

  /// Starts one more stream thread; gives its name, with the lowest number that is free. nullopt unless kRebalancing or
  /// kRunning. The threads share the memory for record caches anew. Source: KIP-663.
  std::optional<std::string> add_stream_thread();
  /// Stops the first stream thread, whose tasks go to others, and waits for it; gives its name. nullopt if there is
  /// none, or unless kRebalancing or kRunning. Throws StreamsError if that takes longer than the timeout; it stops all
  /// the same. From a thread of the library: does not wait. Source: KIP-663.
  std::optional<std::string> remove_stream_thread(std::chrono::milliseconds timeout = std::chrono::milliseconds::max());

  /// Stops reading and processing; the group, commits and restoring go on. Source: KIP-834.
  void pause();
  /// Goes on after pause().
  void resume();
  /// Between pause() and resume().
  bool is_paused() const;

  /// The state of this moment.
  State state() const;
  /// The stream threads and their tasks, as they were a moment ago.
  std::vector<ThreadMetadata> metadata_for_local_threads() const;
  /// What ended the last thread that failed; empty if none did.
  std::string last_error() const;
  /// "<application id>-<process id>", or setting client.id.
  std::string client_id() const;
  /// All metrics as they are now, by group, name and tags; prometheus_text() makes text of them. Nothing before
  /// start(). Costs some microseconds per hundred of them, and holds up no stream thread that processes.
  std::vector<Metric> metrics() const;

  /// A read-only view of a store, over all of its partitions that are on this instance: store("counts",
  /// queryable::key_value<std::string, std::int64_t>()). Rows that were written but are not committed are seen, as in
  /// Kafka Streams. Rows of a range come partition after partition, each in its order; rows that change while one walks
  /// over them may or may not be seen. The view may be used by many threads, and kept: it finds the stores anew in each
  /// call, also after a rebalance. It holds up the stream threads for the time of a lookup, or of copying some rows.
  /// Throws UnknownStateStore, StreamsNotStarted, StreamsStopped, and InvalidStateStore if the store is of another kind
  /// or other types; what the view's functions do throws StreamsRebalancing, StateStoreMigrated,
  /// InvalidStateStorePartition too. Source: KafkaStreams.store(StoreQueryParameters).
  template <class View>
  std::shared_ptr<const View> store(const std::string& name, QueryableStoreType<View> /*type*/,
                                    const StoreQueryOptions& options = {}) const {
    return detail::MakeView<View>::from(readable(name, options));
  }

  /// Asks each partition of a store that is on this instance by itself: query(StateQueryRequest{.store = "counts",
  /// .query = KeyQuery<std::string, std::int64_t>{.key = "a"}}). What a partition cannot answer is a failure in its
  /// result. Throws UnknownStateStore, StreamsNotStarted, StreamsStopped. Source: KafkaStreams.query (KIP-796).
  template <class Query>
  StateQueryResult<typename Query::Result> query(const StateQueryRequest<Query>& request) const {
    return detail::ask(request, query_targets(request.store, request.partitions, request.require_active,
                                              detail::skips_cache(request.query)));
  }

  /// The instances of the application that have set application.server, this one included. Asks the group's
  /// coordinator (a round trip) after a rebalance and every few seconds; gives what was known before while the group is
  /// not stable. Empty if nothing is known yet.
  std::vector<StreamsMetadata> metadata_for_all_clients() const;
  /// Those of them that have partitions of the store. Throws as store().
  std::vector<StreamsMetadata> metadata_for_store(const std::string& store) const;
  /// Where the row of a key is. nullopt: not known yet, try again. Throws as store(); NullArgument without serde.
  /// Source: KafkaStreams.queryMetadataForKey.
  template <class K>
  std::optional<KeyQueryMetadata> query_metadata_for_key(
      const std::string& store, const K& key, const std::type_identity_t<SerdePtr<K>>& serde = nullptr) const {
    return metadata_for_key(store, [&](const std::string& topic, std::int32_t partitions) {
      Bytes bytes;
      serde_or_default(serde)->serialize(topic, key, bytes);
      return partition_for_key(bytes, partitions);
    });
  }
  /// The same for topics that are partitioned in a way of their own; the partitioner must give one partition.
  template <class K>
  std::optional<KeyQueryMetadata> query_metadata_for_key(
      const std::string& store, const K& key, const std::type_identity_t<KeyPartitioner<K>>& partitioner) const {
    return metadata_for_key(store, [&](const std::string& topic, std::int32_t partitions) {
      const auto chosen = partitioner(topic, &key, partitions);
      if (!chosen || chosen->size() != 1)
        throw InvalidArgument("The partitioner must give one partition for a key of store " + store + ".");
      return chosen->front();
    });
  }
  /// How far this instance's stores lag behind their changelogs, by store and partition: those of running tasks do not.
  /// Asks the cluster. Throws StreamsError if that does not answer. Source: KafkaStreams.allLocalStorePartitionLags.
  std::map<std::string, std::map<std::int32_t, LagInfo>> all_local_store_partition_lags() const;

 private:
  struct Impl;
  detail::ReadableStore readable(const std::string& name, const StoreQueryOptions& options) const;
  detail::QueryTargets query_targets(const std::string& store, const std::optional<std::set<std::int32_t>>& partitions,
                                     bool require_active, bool skip_cache) const;
  std::optional<KeyQueryMetadata> metadata_for_key(
      const std::string& store, const std::function<std::int32_t(const std::string&, std::int32_t)>& partition) const;

  std::unique_ptr<Impl> impl_;
};

/// "CREATED", "REBALANCING", ... as in Kafka Streams.
std::string_view name_of(KafkaStreams::State state);

}  // namespace streams
