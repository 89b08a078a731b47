// The order details service: checks each new order by itself. Deliberately a plain consumer and a plain producer.
#pragma once

#include "model.hpp"

#include <streams/client.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace orders {

struct OrderDetailsOptions {
  std::string group_id = "OrderDetailsService";
  /// Different for each instance that runs at the same time, and the same when it comes back: its new producer then
  /// ends the transaction that the old one left open.
  std::string instance_id = "0";
  bool exactly_once = true;  ///< false: verdicts first, then offsets, without transactions
  std::string topic_prefix{};
};

/// Quantity and price are not negative, and there is a product.
bool details_make_sense(const Order& order);

/// Reads "orders", writes an ORDER_DETAILS_CHECK for each new one to "order-validations"; ERROR for what cannot be
/// read.
///
/// Verdicts and offsets are committed in one transaction. What goes wrong on the way is aborted and read again from the
/// last commit; who is no member of the group any more cannot commit (fencing by the group's generation).
/// Threads: start() makes one thread; the functions may be called from any.
class OrderDetailsService {
 public:
  /// `clients` (kafka_clients.hpp, or EmbeddedCluster::clients()) must live as long as this object.
  explicit OrderDetailsService(streams::client::ClientFactory& clients, OrderDetailsOptions options = {});
  ~OrderDetailsService();
  OrderDetailsService(const OrderDetailsService&) = delete;
  OrderDetailsService& operator=(const OrderDetailsService&) = delete;

  /// Starts the thread. Throws std::logic_error if it was called before.
  void start();
  /// Finishes what it is at, leaves the group, waits for the thread.
  void stop();
  /// Verdicts that were committed.
  std::int64_t checked() const { return checked_; }
  /// False once the thread has ended.
  bool running() const { return running_; }
  /// What ended the thread by itself, or the last thing that went wrong; empty if nothing did.
  std::string last_error() const;

 private:
  class Loop;
  void run();
  void note(const std::string& error);

  streams::client::ClientFactory& clients_;
  OrderDetailsOptions options_;
  std::atomic<bool> stopping_ = false, running_ = false;
  std::atomic<std::int64_t> checked_ = 0;
  mutable std::mutex mutex_;
  std::string last_error_;
  std::thread thread_;
};

}  // namespace orders
