// Orders at an even pace, and what must come of them.
#pragma once

#include "model.hpp"

#include <streams/http/client.hpp>
#include <streams/streams_metadata.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace orders {

struct LoadOptions {
  double rate = 2;          ///< orders per second, also while the services are behind
  std::int64_t orders = 0;  ///< so many in all, and then none; 0: no end
  std::uint64_t seed = 1;
  std::string prefix{};         ///< in front of the ids: different for each run on one cluster
  int connections = 16;         ///< that post; as many again wait for decisions
  std::int64_t bound = 10'000;  ///< undecided orders at once: then the next one waits
};

/// An order that was posted, and what must come of it.
struct PlacedOrder {
  Order order;
  OrderState state = OrderState::kValidated;
  enum class Mail {
    kNone,
    kEither,  ///< whether its payment came in time is not known
    kOne,
  } mail = Mail::kNone;
};

/// Of one product, in pieces.
struct ReservedStock {
  std::int64_t reserved = 0;  ///< as the inventory service counts
  std::int64_t held = 0;      ///< by all orders together
  std::int64_t of_load = 0;   ///< of these, by those that the load posted
};

/// Sentences about what is not as the orders say it must be.
std::vector<std::string> stock_differences(const std::vector<PlacedOrder>& orders,
                                           const std::map<std::string, ReservedStock>& stock);
/// `sent`: mails by order id. More than one is no difference: nothing outside of Kafka takes part in a transaction.
std::vector<std::string> mail_differences(const std::vector<PlacedOrder>& orders,
                                          const std::map<std::string, std::int64_t>& sent);

/// What was ordered, and what became of it.
struct LoadReport {
  std::int64_t posted = 0, decided = 0, undecided = 0;
  std::int64_t most_open = 0;                ///< undecided orders at once
  std::int64_t mails = 0, mailed_again = 0;  ///< mails of these orders; those of them that were sent before
  std::vector<std::string> wrong;            ///< sentences about what is not as it must be
  double p50_ms = 0, p99_ms = 0;             ///< from POST to the decision
};

/// Posts orders and payments over HTTP at an even pace, and follows what becomes of them. The verdict of an order does
/// not depend on when others come: customers either order little, or too much at once; products either do not run out,
/// or are never there. (That is so for the first 200,000 orders on a cluster.)
/// Threads: any; has some of its own from start() to stop().
class Load {
 public:
  Load(streams::HostInfo server, const LoadOptions& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void start();
  /// No more orders; those that are being posted are waited for.
  void stop();
  std::int64_t posted() const { return posted_; }
  std::int64_t open() const;  ///< orders whose decision is not known yet
  /// After stop(): asks for every order once more, then for stock and mails, waiting up to `timeout_ms` in all until
  /// everything is as it must be.
  LoadReport check(int timeout_ms);

 private:
  using Clock = std::chrono::steady_clock;
  struct Open {
    std::string id;
    Clock::time_point begun;
  };
  void post();
  void follow();
  bool wait_for_turn(Clock::time_point due);
  PlacedOrder draw(std::int64_t number) const;
  void check_decisions(streams::http::Client& client, Clock::time_point end, LoadReport& report) const;
  std::vector<std::string> look_at_stock(streams::http::Client& client) const;
  std::vector<std::string> look_at_mails(streams::http::Client& client, LoadReport& report) const;

  const streams::HostInfo server_;
  const LoadOptions options_;
  Clock::time_point started_;
  std::atomic<std::int64_t> next_{0}, posted_{0};
  mutable std::mutex mutex_;
  std::condition_variable due_, room_, more_to_follow_;
  bool stopping_ = false;
  std::vector<PlacedOrder> placed_;
  std::deque<Open> to_follow_;
  std::int64_t open_ = 0, most_open_ = 0;
  std::vector<double> waits_ms_;
  std::vector<std::thread> threads_;
};

}  // namespace orders
