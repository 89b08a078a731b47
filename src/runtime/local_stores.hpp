// All stores of one client: what its readers hold on to, longer than the client lives if need be.
#pragma once

#include <runtime/thread_stores.hpp>
#include <streams/kafka_streams.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace streams::runtime {

/// Any thread.
class LocalStores {
 public:
  void set_state(KafkaStreams::State state) { state_ = state; }
  KafkaStreams::State state() const { return state_.load(); }
  void add(const std::shared_ptr<ThreadStores>& thread);
  /// Those whose threads are still there.
  std::vector<std::shared_ptr<ThreadStores>> threads() const;

 private:
  std::atomic<KafkaStreams::State> state_{KafkaStreams::State::kCreated};
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<ThreadStores>> threads_;
};

}  // namespace streams::runtime
