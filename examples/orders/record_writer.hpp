// Writes records for requests, which are answered once the cluster has them.
#pragma once

#include <streams/client.hpp>
#include <streams/http/message.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace orders {

/// 504 if it is not known whether the record was stored, 500 if it was not.
streams::http::Response not_stored(const streams::Status& status);

/// One idempotent producer on a thread of its own. What comes while it waits for acknowledgements goes together.
/// Threads: write() from any.
class RecordWriter {
 public:
  /// Called on the writer's thread: ok once the record is stored.
  using Done = std::function<void(const streams::Status&)>;

  explicit RecordWriter(streams::client::ClientFactory& clients);
  /// Writes what is left.
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  /// To the partition that Kafka's default partitioner gives the key.
  void write(std::string topic, std::string key, std::string value, Done done);

 private:
  struct Write {
    std::string topic, key, value;
    Done done;
    streams::Status status{};
  };
  void run();
  void write_all(std::vector<Write>& writes);

  std::unique_ptr<streams::client::Producer> producer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Write> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace orders
