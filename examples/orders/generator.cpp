// How many customers, orders and payments there are, and what they are like.
#include "generator.hpp"

#include "email_topology.hpp"

#include <algorithm>
#include <numeric>

namespace orders {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kOrderInterval = 100;
constexpr std::int64_t kWindow = 60 * kSecond;

const std::vector<std::string> kProducts{"lamp", "kettle", "umbrella", "notebook", "teapot"};

template <class K, class V>
feed::Record record(const std::string& topic, const K& key, const V& value, streams::Timestamp timestamp) {
  feed::Record out{topic, "", "", timestamp};
  streams::DefaultSerde<K>::get()->serialize(topic, key, *out.key);
  streams::DefaultSerde<V>::get()->serialize(topic, value, *out.value);
  return out;
}

}  // namespace

std::int64_t Expected::mails_in_all() const {
  return std::accumulate(mails.begin(), mails.end(), std::int64_t{0},
                         [](auto sum, const auto& entry) { return sum + entry.second; });
}

Generator::Generator(std::uint64_t seed, streams::Timestamp start)
    : random_(seed),
      time_(start),
      customers_{{1, "Ada", "Okafor", "ada@example.org", "1 Quay Street", "platinum"},
                 {2, "Bruno", "Silva", "bruno@example.org", "22 Hill Road", "platinum"},
                 {3, "Chiara", "Rossi", "chiara@example.org", "3 Old Square", "platinum"},
                 {4, "Dmitri", "Petrov", "dmitri@example.org", "44 River Lane", "gold"},
                 {5, "Elif", "Kaya", "elif@example.org", "5 Garden Close", "gold"},
                 {6, "Femi", "Adeyemi", "femi@example.org", "16 Mill Street", "silver"},
                 {7, "Greta", "Lund", "greta@example.org", "7 Harbour View", "silver"},
                 {8, "Hiro", "Tanaka", "hiro@example.org", "8 Station Road", "bronze"},
                 {9, "Ines", "Moreau", "ines@example.org", "9 Bridge End", "bronze"}} {
  for (const std::string& level : kLevels) expected_.mails[level] = 0;
}

std::int64_t Generator::roll(std::int64_t below) {
  return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
}

std::vector<feed::Record> Generator::customers() {
  std::vector<feed::Record> records;
  for (const Customer& customer : customers_) records.push_back(record("customers", customer.id, customer, time_));
  return records;
}

std::vector<feed::Record> Generator::next() {
  time_ += kOrderInterval;
  Order order;
  order.id = "order-" + std::to_string(++expected_.orders);
  order.customer_id =
      roll(20) == 0 ? 0 : 1 + roll(static_cast<std::int64_t>(customers_.size()));  // nobody knows customer 0
  order.product = kProducts[static_cast<std::size_t>(roll(static_cast<std::int64_t>(kProducts.size())))];
  order.quantity = static_cast<std::int32_t>(1 + roll(5));
  order.price = static_cast<double>(5 + roll(95));
  std::vector<feed::Record> records{record("orders", order.id, order, time_)};
  const bool known = order.customer_id != 0;
  const std::string level = known ? customers_[static_cast<std::size_t>(order.customer_id - 1)].level : "";
  if (known) {
    ++expected_.enriched;
    expected_.level_of[order.id] = level;
  }

  const std::int64_t fate = roll(20);  // 0: never paid, 1: paid too late
  if (fate == 0) return records;
  const std::int64_t delay = fate == 1 ? kWindow + 1 + roll(60 * kSecond) : roll(kWindow);
  const Payment payment{"payment-" + std::to_string(++expected_.payments), order.id, "EUR",
                        order.price * order.quantity};
  records.push_back(record("payments", payment.id, payment, time_ + delay));
  if (fate == 1) return records;
  ++expected_.matched;
  if (known) {
    ++expected_.mails[level];
    expected_.mailed.push_back(order.id);
  }
  return records;
}

}  // namespace orders
