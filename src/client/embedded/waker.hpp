// Wakes a client that waits in poll.
//
// 1. reset() before looking at the world, wait() after it: a notify() between the two ends the wait at once.
// 2. notify() may be called from any thread and under any lock of the cluster; it takes only the waker's own mutex.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace streams::client::embedded {

class Waker {
 public:
  void reset() { signalled_.store(false); }

  void notify() {
    if (signalled_.load() || signalled_.exchange(true)) return;
    if (!waiting_.load()) return;
    const std::lock_guard lock(mutex_);
    wake_.notify_all();
  }

  void wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    waiting_.store(true);
    wake_.wait_for(lock, timeout, [this] { return signalled_.load(); });
    waiting_.store(false);
  }

 private:
  std::atomic<bool> signalled_{false};
  std::atomic<bool> waiting_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace streams::client::embedded
