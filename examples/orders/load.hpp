// Orders at an even pace, and what must come of them.
#pragma once

#include "model.hpp"

#include <streams/streams_metadata.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace orders {

struct LoadOptions {
  double rate = 2;  ///< orders per second
  std::uint64_t seed = 1;
  std::string prefix{};  ///< in front of the ids: different for each run on one cluster
  int connections = 16;  ///< orders that may be under way at once
};

/// What was ordered, and what became of it.
struct LoadReport {
  std::int64_t posted = 0, decided = 0, undecided = 0;
  std::vector<std::string> wrong;                ///< sentences about what is not as it must be
  std::map<std::string, std::int64_t> reserved;  ///< pieces that must be reserved for these orders, by product
  double p50_ms = 0, p99_ms = 0;                 ///< from POST to the decision, by those who waited for it
};

/// Posts orders and payments over HTTP, and waits for the decision on each. The verdict of an order does not depend on
/// when others come: customers either order little, or too much at once; products either never run out, or are never
/// there.
/// Threads: any; has some of its own from start() to stop().
class Load {
 public:
  Load(streams::HostInfo server, const LoadOptions& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void start();
  /// No more orders; those under way are waited for.
  void stop();
  std::int64_t posted() const { return posted_; }
  /// After stop(): asks for every order once more, waiting up to `timeout_ms` for those that are undecided.
  LoadReport check(int timeout_ms);

 private:
  struct Expected {
    Order order;
    OrderState state;
  };
  void run();
  Expected draw(std::int64_t number) const;

  const streams::HostInfo server_;
  const LoadOptions options_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> next_{0}, posted_{0};
  std::mutex mutex_;
  std::vector<Expected> expected_;
  std::vector<double> waits_ms_;
  std::vector<std::thread> threads_;
};

}  // namespace orders
