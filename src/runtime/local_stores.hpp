// All stores of one client: what its readers hold on to, longer than the client lives if need be.
#pragma once

#include <runtime/thread_stores.hpp>
#include <streams/kafka_streams.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
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

  /// Null: they are not complete yet, or are about to be closed. Waits for who uses them.
  void set_globals(GlobalStores* globals);
  /// Calls use(GlobalStores&) if they are there; gives whether it did. They stay meanwhile.
  template <class Use>
  bool with_globals(Use&& use) const {
    const std::shared_lock lock(globals_mutex_);
    if (globals_ != nullptr) use(*globals_);
    return globals_ != nullptr;
  }

 private:
  std::atomic<KafkaStreams::State> state_{KafkaStreams::State::kCreated};
  mutable std::shared_mutex globals_mutex_;
  GlobalStores* globals_ = nullptr;
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<ThreadStores>> threads_;
};

}  // namespace streams::runtime
