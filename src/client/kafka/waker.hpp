// Ends a consumer's wait when librdkafka puts something into one of its queues that was empty.
//
// notify() is called by librdkafka's threads under the queue's lock, so it must not call librdkafka. A notification
// that nobody waits for is kept for the next wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace streams::client::kafka {

class Waker {
 public:
  void notify() {
    const std::lock_guard lock(mutex_);
    notified_ = true;
    wake_.notify_one();
  }

  void wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, timeout, [this] { return notified_; });
    notified_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool notified_ = false;
};

}  // namespace streams::client::kafka
