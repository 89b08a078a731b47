// Reads the topics of one application on a broker, and knows when the application has nothing left to do.
#pragma once

#include <streams/client.hpp>
#include <streams/testing/test_record.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace streams::conformance {

/// Invariants:
/// 1. Committed offsets are asked for before ends of topics: what an application commits it has processed, and what
///    came of that is in the topics before. So if every record found afterwards was committed before, none is left.
/// 2. A record counts once no transaction is open before it; where the topic ends is asked including open ones.
class BrokerObserver {
 public:
  /// The application's topics begin with `prefix`; topics have one partition.
  BrokerObserver(client::ClientFactory& clients, client::Admin& admin, std::string prefix, const std::string& group);
  ~BrokerObserver();

  using Check = std::function<void()>;  ///< throws what went wrong meanwhile

  /// Waits until these topics exist. Throws std::runtime_error after a time.
  void wait_for_topics(const std::set<std::string>& topics, const Check& check);
  /// Reads on in `topics` until all that `sources` of them hold is committed. Throws std::runtime_error after a time.
  void wait_until_quiet(const std::set<std::string>& topics, const std::set<std::string>& sources, const Check& check);

  /// The name without the prefix, which generated names hold inside too.
  std::string plain_name(const std::string& topic) const;
  /// What was read, by topic, in order, as if there were no prefix; without times that a clock gave.
  const std::map<std::string, std::vector<RawTestRecord>>& records() const { return records_; }

 private:
  bool quiet(const std::set<std::string>& sources);
  void follow(const std::set<std::string>& topics);
  void read();
  Bytes without_prefix(Bytes bytes) const;
  RawTestRecord plain(const client::RecordBatch& batch, const client::ConsumerRecord& record) const;

  client::Admin& admin_;
  const std::string prefix_;
  std::unique_ptr<client::Consumer> consumer_;
  std::vector<client::TopicPartition> followed_;
  std::map<std::string, std::int64_t> last_;  ///< the last record's offset
  std::map<std::string, std::vector<RawTestRecord>> records_;
};

}  // namespace streams::conformance
