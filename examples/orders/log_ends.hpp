// Where a log ends, as its readers see it: for views that must not answer before they have read that far.
#pragma once

#include <streams/client.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace orders {

/// Finds the last record of partitions of one topic, of all that is written until the question.
///
/// The end offset alone does not say it: what stands before it may be the end of a transaction, which no reader is
/// shown. So the last records are read, by a plain consumer without a group, and committed ones only: as long as a
/// transaction is open, those behind its beginning are waited for.
///
/// Threads: any; one of its own reads and tells.
class LogEnds {
 public:
  struct End {
    std::int32_t partition = 0;
    std::int64_t last_offset = -1;     ///< -1: there is no record
    std::int32_t partition_count = 0;  ///< of the topic
  };
  using Told = std::function<void(const End&)>;

  /// `clients` outlive this object.
  LogEnds(streams::client::ClientFactory& clients, std::string topic, Told told);
  ~LogEnds();
  LogEnds(const LogEnds&) = delete;
  LogEnds& operator=(const LogEnds&) = delete;

  /// Tells of this partition's last record, once. Tries until it is found. Does not wait.
  void find(std::int32_t partition);

 private:
  struct Search {
    std::int64_t begin = 0, end = 0;  ///< of the partition, when it was asked for
    std::int64_t from = 0;            ///< read from here
    std::int64_t last = -1;           ///< record before `end`
  };
  void run();
  bool begin(const std::set<std::int32_t>& partitions);
  bool read();
  bool finished(std::int32_t partition, Search& search);
  bool read_from(std::int32_t partition, std::int64_t offset);

  const std::string topic_;
  const Told told_;
  const std::unique_ptr<streams::client::Admin> admin_;
  const std::unique_ptr<streams::client::Consumer> consumer_;
  std::int32_t partition_count_ = 0;
  std::map<std::int32_t, Search> searches_;  ///< on the thread only
  std::mutex mutex_;
  std::condition_variable asked_;
  std::set<std::int32_t> wanted_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace orders
