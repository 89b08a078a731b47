// Mails that have left the house.
#pragma once

#include "model.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace orders {

/// Stands for the world outside of Kafka: no transaction takes back what is in here.
/// Threads: any.
class Mailbox {
 public:
  void send(const Mail& mail) {
    const std::lock_guard lock(mutex_);
    ++sent_[mail.order.id];
  }
  /// How many mails each order has got, of those whose id begins with `prefix`.
  std::map<std::string, std::int64_t> sent(const std::string& prefix) const {
    const std::lock_guard lock(mutex_);
    const auto begin = sent_.lower_bound(prefix);
    auto end = begin;
    while (end != sent_.end() && end->first.starts_with(prefix)) ++end;
    return {begin, end};
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t> sent_;
};

}  // namespace orders
