// What every implementation of the client seam must do, as one test suite that several programs link.
//
// A program says which cluster the suite runs against by defining contract_cluster().
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <streams/client.hpp>

namespace streams::client::contract {

struct Cluster {
  ClientFactory* clients = nullptr;  ///< null: there is none, `why_not` says why
  std::string why_not;
  bool required = false;  ///< having none is a failure
};

/// The cluster under test; the same object for the whole program.
const Cluster& contract_cluster();

/// Long enough for a loaded machine; nothing waits for it where things go well.
constexpr std::chrono::seconds kPatience{30};
constexpr int kPatienceMs = 30000;

/// A record as a test compares it.
struct Seen {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Timestamp timestamp = 0;
  OptionalBytes key = std::nullopt;
  OptionalBytes value = std::nullopt;
  Headers headers = {};
  friend bool operator==(const Seen&, const Seen&) = default;
};
void PrintTo(const Seen& seen, std::ostream* out);

/// Reads from a consumer, remembering everything that came.
class Reader {
 public:
  explicit Reader(std::unique_ptr<Consumer> consumer) : consumer_(std::move(consumer)) {}

  Consumer& consumer() { return *consumer_; }
  /// Closes and destroys the consumer.
  void close() {
    if (consumer_ != nullptr) consumer_->close();  // its listener may use it
    consumer_.reset();
  }

  /// Assigns partitions from `offset` on.
  void assign(const std::vector<TopicPartition>& partitions, std::int64_t offset = PartitionStart::kEarliest);
  /// Also reads these in turn(); for partitions that a listener has assigned.
  void watch(const TopicPartition& partition) { watched_.insert(partition); }
  void forget(const TopicPartition& partition) { watched_.erase(partition); }

  /// Polls once and takes what is there.
  void turn(int timeout_ms = 50);
  /// Polls until `done` holds; false if it does not in time.
  bool until(const std::function<bool()>& done);
  /// Polls until everything of all watched partitions has been read.
  bool to_end();

  std::vector<Seen> seen;
  std::vector<ConsumerError> errors;

  std::vector<OptionalBytes> values() const;

 private:
  std::unique_ptr<Consumer> consumer_;
  std::set<TopicPartition> watched_;
};

/// A member of a group that fetches what it is given, from the committed offsets or the earliest ones.
class Member : public RebalanceListener {
 public:
  explicit Member(std::unique_ptr<Consumer> consumer) : reader(std::move(consumer)) {}
  ~Member() override { reader.close(); }

  void on_assigned(std::span<const TopicPartition> added) override;
  void on_revoked(std::span<const TopicPartition> removed) override;
  void on_lost(std::span<const TopicPartition> lost) override;

  Reader reader;
  /// Topics whose same-numbered partitions are assigned and unassigned together with those of the subscription.
  std::vector<std::string> companions;
  std::function<void()> before_revoke;

  std::set<TopicPartition> owned;  ///< of the subscription
  std::set<TopicPartition> revoked, lost;
  int callbacks = 0;

 private:
  std::vector<TopicPartition> with_companions(std::span<const TopicPartition> partitions) const;
  void remove(std::span<const TopicPartition> partitions);
};

/// Polls the members in turn until `done` holds; false if it does not in time.
bool together(const std::vector<Member*>& members, const std::function<bool()>& done);

class ClientContract : public ::testing::Test {
 protected:
  void SetUp() override;

  ClientFactory& clients() const { return *contract_cluster().clients; }
  std::unique_ptr<Consumer> consumer(const Settings& more = {}) const;
  std::unique_ptr<Producer> producer(const Settings& more = {}) const { return clients().producer(more); }
  /// A producer with this transactional.id, initialised.
  std::unique_ptr<Producer> transactional(const std::string& id, const Settings& more = {}) const;
  /// A consumer of this group that notices changes quickly.
  std::unique_ptr<Consumer> group_consumer(const std::string& group, const Settings& more = {}) const;
  Admin& admin();

  /// A name nobody used before.
  std::string fresh(const std::string& stem) const;
  /// Makes a topic with a fresh name.
  std::string topic(std::int32_t partitions = 1, const std::map<std::string, std::string>& configs = {});
  /// Sends values 'from' to 'to' - 1 as text to one partition, record n at time 1000 * n, and waits until they are
  /// there.
  void send_numbers(const std::string& topic, std::int32_t partition, int from, int to);
  void send(Producer& producer, const std::string& topic, std::int32_t partition, const std::string& value);
  /// The values of a partition, read from its start to its end.
  std::vector<OptionalBytes> stored(const std::string& topic, std::int32_t partition = 0,
                                    const std::string& isolation = "read_committed");
  /// The values that transactions wrote, once there are `count` of them and the end is reached: commit_transaction may
  /// return before the partitions have heard of it.
  std::vector<OptionalBytes> stored_soon(const std::string& topic, std::size_t count);
  /// What the group has committed for a partition.
  OffsetAndMetadata committed(const std::string& group, const TopicPartition& partition);

 private:
  std::unique_ptr<Admin> admin_;
};

std::vector<OptionalBytes> numbers(int from, int to);
std::vector<TopicPartition> partitions_of(const std::string& topic, std::int32_t count);

#define ASSERT_OK(expression)                                                                          \
  do {                                                                                                 \
    const auto& status_ = (expression);                                                                \
    ASSERT_TRUE(status_.ok()) << #expression << ": " << ::streams::client::contract::text_of(status_); \
  } while (false)
#define EXPECT_OK(expression)                                                                          \
  do {                                                                                                 \
    const auto& status_ = (expression);                                                                \
    EXPECT_TRUE(status_.ok()) << #expression << ": " << ::streams::client::contract::text_of(status_); \
  } while (false)

inline const std::string& text_of(const Status& status) { return status.message(); }
template <class T>
const std::string& text_of(const Result<T>& result) {
  return result.status().message();
}

}  // namespace streams::client::contract
