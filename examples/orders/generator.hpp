// Generates customers, orders and payments from a seed, and says what the email service must make of them.
#pragma once

#include "model.hpp"

#include <examples/feed/feed.hpp>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace orders {

/// What the email service must make of the records that were generated.
struct Expected {
  std::int64_t orders = 0, payments = 0;
  std::int64_t matched = 0;                     ///< pairs of order and payment in the window
  std::int64_t enriched = 0;                    ///< orders whose customer is known
  std::map<std::string, std::int64_t> mails;    ///< by customer level
  std::map<std::string, std::string> level_of;  ///< of each order whose customer is known
  std::vector<std::string> mailed;              ///< the orders that a mail is sent for
  std::int64_t mails_in_all() const;
};

/// Nine orders in ten are paid in time, some are paid too late or not at all, and some are of customers that nobody
/// knows.
class Generator {
 public:
  Generator(std::uint64_t seed, streams::Timestamp start);

  /// The customers table; to be written before anything else.
  std::vector<feed::Record> customers();
  /// The next order and its payment, if it has one, in the order of their times.
  std::vector<feed::Record> next();
  const Expected& expected() const { return expected_; }

 private:
  std::int64_t roll(std::int64_t below);

  std::mt19937_64 random_;
  streams::Timestamp time_;
  std::vector<Customer> customers_;
  Expected expected_;
};

}  // namespace orders
