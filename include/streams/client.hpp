// Consumers, producers and admins of a Kafka cluster, as small interfaces: what the library itself asks of a cluster,
// and what programs beside a topology use, on a broker (kafka_clients.hpp) or in this process
// (EmbeddedCluster::clients()).
//
// One suite of contract tests runs against both kinds. Threads: a Consumer or Producer belongs to one thread at a time;
// an Admin may be called from any thread. Times are in milliseconds.
#pragma once

#include <streams/bytes.hpp>
#include <streams/record.hpp>
#include <streams/status.hpp>

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace streams::client {

/// Client settings by librdkafka's names ("bootstrap.servers", "linger.ms", ...). The embedded cluster honours those
/// that mean something to it ("group.id", "client.id", "transactional.id", "isolation.level", "session.timeout.ms") and
/// ignores the rest.
using Settings = std::map<std::string, std::string>;

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

/// A record as read. Views live as long as the RecordBatch that holds it.
struct ConsumerRecord {
  std::int64_t offset = -1;
  Timestamp timestamp = -1;
  OptionalView key;
  OptionalView value;
  const void* raw = nullptr;  ///< implementation's own message; see RecordBatch::headers
};

/// Records of one partition in offset order. Destroying the batch frees what they point to.
class RecordBatch {
 public:
  virtual ~RecordBatch() = default;
  std::span<const ConsumerRecord> records() const { return records_; }
  /// The headers of one of its records (parsed on demand: most records have none).
  virtual Headers headers(const ConsumerRecord& record) const = 0;

 protected:
  std::vector<ConsumerRecord> records_;
};

/// Where reading of a partition starts.
struct PartitionStart {
  TopicPartition partition;
  std::int64_t offset = 0;  ///< >= 0, or kEarliest / kLatest
  static constexpr std::int64_t kEarliest = -2;
  static constexpr std::int64_t kLatest = -1;
};

struct OffsetAndMetadata {
  TopicPartition partition;
  std::int64_t offset = -1;  ///< the next one to read; -1 where nothing is committed
  std::string metadata;
};

/// The group membership a transaction is fenced by. Taken fresh for each commit.
struct GroupMetadata {
  Bytes opaque;  ///< serialised form that only the implementation reads
};

/// Told about changes of the assignment, from inside Consumer::poll or Consumer::close, on the calling thread.
/// The lists hold partitions of subscribed topics only. Lists may be empty. The listener calls Consumer::assign and
/// Consumer::unassign for what it wants to fetch (also partitions of topics that are not subscribed).
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  virtual void on_assigned(std::span<const TopicPartition> added) = 0;
  virtual void on_revoked(std::span<const TopicPartition> removed) = 0;
  /// The partitions already belong to somebody else: nothing may be committed for them.
  virtual void on_lost(std::span<const TopicPartition> lost) = 0;
};

/// A failure that belongs to one partition or to the whole consumer (topic empty).
struct ConsumerError {
  TopicPartition partition;
  Status status;
};

/// What becomes of a consumer's place in its group when it is closed. A member that remains keeps its partitions until
/// its session ends: who comes back before, under the same group.instance.id, goes on with them.
enum class Leaving {
  kUsual,  ///< a member with group.instance.id remains, others leave
  kLeave,  ///< kafka/ cannot let members with group.instance.id leave: librdkafka has no such request
  kRemain,
};

class Consumer {
 public:
  virtual ~Consumer() = default;

  /// Joins the group of setting "group.id" for these topics (a name that begins with '^' is a regular expression).
  virtual Status subscribe(const std::vector<std::string>& topics, RebalanceListener& listener) = 0;
  /// Starts fetching these partitions, in addition to what is fetched.
  virtual Status assign(std::span<const PartitionStart> partitions) = 0;
  /// Stops fetching these partitions and drops what was prefetched.
  virtual Status unassign(std::span<const TopicPartition> partitions) = 0;
  /// Moves the position of an assigned partition and drops what was prefetched.
  virtual Status seek(const PartitionStart& start) = 0;

  /// Serves callbacks, then waits up to timeout_ms until any partition has records or something happens. Failures are
  /// appended to `errors` (unknown topic, authorization, out of range, authentication, ...).
  /// Records that are left in a partition end the wait only if the last fetch from it took less than there was: a
  /// partition that is not fetched from does not turn a loop around poll into a busy one.
  virtual void poll(int timeout_ms, std::vector<ConsumerError>& errors) = 0;
  /// Takes up to `max` prefetched records of an assigned partition, without waiting; null if there are none.
  virtual std::unique_ptr<RecordBatch> fetch(const TopicPartition& partition, std::size_t max) = 0;
  /// True if everything up to the end of the partition (the last stable offset under read_committed), as last heard
  /// of from the broker, has been taken by fetch().
  virtual bool at_end(const TopicPartition& partition) const = 0;
  /// The next offset that fetch() would return; past control records when at the end. -1 if unknown.
  virtual std::int64_t position(const TopicPartition& partition) const = 0;

  virtual Result<std::vector<OffsetAndMetadata>> committed(const std::vector<TopicPartition>& partitions,
                                                           int timeout_ms) = 0;
  /// Commits and waits for the answer. kRebalanceInProgress: poll, then try again (unless the partitions went).
  virtual Status commit(const std::vector<OffsetAndMetadata>& offsets) = 0;
  /// Status kRebalanceInProgress if the consumer is not a live member (empty member id, negative generation).
  virtual Result<GroupMetadata> group_metadata() = 0;
  /// Leaves the group or not; on_revoked is called in any case. Frees everything. Waits (bounded) for a first
  /// assignment where the client library needs it. The destructor calls it.
  virtual void close(Leaving leaving = Leaving::kUsual) = 0;
};

/// A record to send. Bytes are copied by send(). `timestamp` -1: the time of sending.
struct ProducerRecord {
  std::string_view topic;
  std::int32_t partition = 0;
  OptionalView key;
  OptionalView value;
  Timestamp timestamp = -1;
  const Headers* headers = nullptr;
};

/// A record that the broker refused, or that could not be sent in time.
struct DeliveryError {
  TopicPartition partition;
  OptionalBytes key;
  OptionalBytes value;
  Status status;
};

class Producer {
 public:
  virtual ~Producer() = default;

  // Transactions need setting "transactional.id". Codes: kAbortable: abort and go on; kFenced, kFatal: make a new
  // producer.
  virtual Status init_transactions(int timeout_ms) = 0;
  virtual Status begin_transaction() = 0;
  virtual Status send_offsets(const std::vector<OffsetAndMetadata>& offsets, const GroupMetadata& group,
                              int timeout_ms) = 0;
  virtual Status commit_transaction(int timeout_ms) = 0;
  virtual Status abort_transaction(int timeout_ms) = 0;

  /// Queues a record; waits (serving deliveries) while the queue is full.
  virtual Status send(const ProducerRecord& record) = 0;
  /// Waits until every record is acknowledged or failed. Failures are in take_errors().
  virtual Status flush(int timeout_ms) = 0;
  /// Serves delivery reports without waiting.
  virtual void poll() = 0;
  /// True while records wait for the acknowledgement of others: poll() sends them then, and has to be called soon.
  virtual bool holding() const { return false; }
  /// Failed records since the last call.
  virtual std::vector<DeliveryError> take_errors() = 0;
  /// The highest acknowledged offset of a partition since the producer was made; -1 if none. Inside a transaction it
  /// counts only once commit_transaction returned ok.
  virtual std::int64_t acked_offset(const TopicPartition& partition) const = 0;
  /// Number of partitions of a topic (cached metadata). kNotFound if it does not exist.
  virtual Result<std::int32_t> partitions(const std::string& topic, int timeout_ms) = 0;
};

struct NewTopic {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replication_factor = -1;  ///< -1: the broker's default
  std::map<std::string, std::string> configs;
};

struct GroupMember {
  std::string member_id, client_id, host;
  std::vector<TopicPartition> assignment;
};

struct GroupDescription {
  std::string state;  ///< "Stable", "Empty", ...
  std::vector<GroupMember> members;
};

struct OffsetRange {
  std::int64_t earliest = 0;
  std::int64_t latest = 0;  ///< next offset to be written (read uncommitted)
};

class Admin {
 public:
  virtual ~Admin() = default;
  /// Partition counts of the topics that exist among `topics`; of all topics if empty.
  virtual Result<std::map<std::string, std::int32_t>> topics(const std::vector<std::string>& topics,
                                                             int timeout_ms) = 0;
  /// Why topics() does not list these: kAuthorization if one of them may not be seen, which names the permission that
  /// is missing for what the caller wants to do with it ("Read", "Write"); ok if they do not exist.
  virtual Status check_access(const std::vector<std::string>& /*topics*/, const char* /*operation*/,
                              int /*timeout_ms*/) {
    return {};
  }
  /// One Status per topic, in order; kAlreadyExists for those that exist.
  virtual Result<std::vector<Status>> create_topics(const std::vector<NewTopic>& topics, int timeout_ms) = 0;
  virtual Status delete_topics(const std::vector<std::string>& topics, int timeout_ms) = 0;
  virtual Status delete_records(const std::vector<OffsetAndMetadata>& before, int timeout_ms) = 0;
  virtual Result<std::map<TopicPartition, OffsetRange>> offsets(const std::vector<TopicPartition>& partitions,
                                                                int timeout_ms) = 0;
  /// Of each partition the offset of the first record that is not older than the time given; kLatest if there is none.
  virtual Result<std::map<TopicPartition, std::int64_t>> offsets_at(const std::map<TopicPartition, Timestamp>& times,
                                                                    int timeout_ms) = 0;
  virtual Result<std::map<std::string, std::string>> topic_configs(const std::string& topic, int timeout_ms) = 0;
  virtual Result<GroupDescription> describe_group(const std::string& group, int timeout_ms) = 0;
  virtual Status delete_group(const std::string& group, int timeout_ms) = 0;
};

/// Makes clients of one cluster. May be used from any thread. Throws ConfigError for settings that are refused.
class ClientFactory {
 public:
  virtual ~ClientFactory() = default;
  virtual std::unique_ptr<Consumer> consumer(const Settings& settings) = 0;
  virtual std::unique_ptr<Producer> producer(const Settings& settings) = 0;
  virtual std::unique_ptr<Admin> admin(const Settings& settings) = 0;
};

}  // namespace streams::client
