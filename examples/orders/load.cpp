// Orders at an even pace, and what must come of them.
#include "load.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

namespace orders {

namespace http = streams::http;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPatience{120'000};
constexpr milliseconds kRetryPause{100};
/// A payment that comes so soon is near enough to its order for a mail; the email service waits for a minute.
constexpr milliseconds kPaidInTime{30'000};

http::ClientRequest post_request(const std::string& target, const nlohmann::json& body) {
  return {.method = "POST", .target = target, .body = body.dump(), .headers = {{"Content-Type", "application/json"}}};
}

/// Tries again while the service is away or moves: true once the record is stored, by this or an earlier attempt.
bool store(http::Client& client, const http::ClientRequest& request) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    const auto answer = client.send(request, kPatience);
    if (answer.ok() && (answer.value().status == 201 || answer.value().status == 409)) return true;
    std::this_thread::sleep_for(kRetryPause);
  }
  return false;
}

/// The JSON that is there; null if there is none at the moment.
nlohmann::json get(http::Client& client, const std::string& target, milliseconds timeout) {
  const auto answer = client.send({.target = target}, timeout);
  if (!answer.ok() || answer.value().status != 200) return nullptr;
  return nlohmann::json::parse(answer.value().body);
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

std::string pieces(std::int64_t count) { return std::to_string(count) + (count == 1 ? " piece" : " pieces"); }

}  // namespace

std::vector<std::string> stock_differences(const std::vector<PlacedOrder>& orders,
                                           const std::map<std::string, ReservedStock>& stock) {
  std::map<std::string, std::int64_t> expected;
  for (const auto& [product, seen] : stock) expected[product] = 0;
  for (const PlacedOrder& placed : orders) {
    if (placed.state == OrderState::kValidated) expected[placed.order.product] += placed.order.quantity;
  }
  std::vector<std::string> out;
  for (const auto& [product, count] : expected) {
    const auto found = stock.find(product);
    const ReservedStock seen = found == stock.end() ? ReservedStock{} : found->second;
    if (seen.of_load != count)
      out.push_back(product + ": " + pieces(seen.of_load) + " reserved for these orders instead of " +
                    std::to_string(count));
    if (seen.reserved != seen.held)
      out.push_back(product + ": " + pieces(seen.reserved) + " reserved, but orders hold " + std::to_string(seen.held));
  }
  return out;
}

std::vector<std::string> mail_differences(const std::vector<PlacedOrder>& orders,
                                          const std::map<std::string, std::int64_t>& sent) {
  std::vector<std::string> out;
  std::set<std::string> known;
  for (const PlacedOrder& placed : orders) {
    const std::string& id = placed.order.id;
    known.insert(id);
    if (placed.mail == PlacedOrder::Mail::kOne && !sent.contains(id)) out.push_back("order " + id + " got no mail");
    if (placed.mail == PlacedOrder::Mail::kNone && sent.contains(id)) out.push_back("order " + id + " got a mail");
  }
  for (const auto& [id, count] : sent) {
    if (!known.contains(id)) out.push_back("order " + id + " got a mail, but nobody placed it");
  }
  return out;
}

Load::Load(streams::HostInfo server, const LoadOptions& options) : server_(std::move(server)), options_(options) {}
Load::~Load() { stop(); }

void Load::start() {
  started_ = Clock::now();
  for (int i = 0; i < options_.connections; ++i) {
    threads_.emplace_back([this] { post(); });
    threads_.emplace_back([this] { follow(); });
  }
}

void Load::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (std::condition_variable* waiting : {&due_, &room_, &more_to_follow_}) waiting->notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::int64_t Load::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

PlacedOrder Load::draw(std::int64_t number) const {
  std::mt19937_64 random(options_.seed * 1'000'003 + static_cast<std::uint64_t>(number));
  const auto roll = [&](std::int64_t below) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
  };
  Order order;
  order.id = options_.prefix + std::to_string(number);
  // One customer in ten orders for more than the limit each time; the others are new ones with a small order each.
  const bool fraud = roll(10) == 0;
  order.customer_id = fraud ? 102 : 1'000'000 + number;
  const bool known = !fraud && roll(2) == 0;
  if (known) order.customer_id = 101;
  const bool gone = roll(8) == 0;
  order.product = gone ? "COMPASS" : roll(2) == 0 ? "LANTERN" : "KETTLE";
  order.quantity = static_cast<std::int32_t>(1 + roll(3));
  // 101 orders all the time, and must stay below the limit.
  order.price = fraud ? 2500 : known ? 0.01 : static_cast<double>(1 + roll(60));
  const bool valid = !fraud && !gone;
  return {order, valid ? OrderState::kValidated : OrderState::kFailed,
          valid && known ? PlacedOrder::Mail::kOne : PlacedOrder::Mail::kNone};
}

/// False: no more orders.
bool Load::wait_for_turn(Clock::time_point due) {
  std::unique_lock lock(mutex_);
  due_.wait_until(lock, due, [this] { return stopping_; });
  room_.wait(lock, [this] { return stopping_ || open_ < options_.bound; });
  if (stopping_) return false;
  most_open_ = std::max(most_open_, ++open_);
  return true;
}

void Load::post() {
  http::Client client(server_);
  for (;;) {
    const std::int64_t mine = next_++;
    if (options_.orders > 0 && mine >= options_.orders) return;
    const std::chrono::duration<double> since(static_cast<double>(mine) / options_.rate);
    if (!wait_for_turn(started_ + std::chrono::duration_cast<Clock::duration>(since))) return;
    PlacedOrder placed = draw(mine);
    const Order& order = placed.order;
    const auto begun = Clock::now();
    const bool stored = store(client, post_request("/v1/orders", order));
    const bool paid = stored && store(client, post_request("/v1/payments", Payment{"pay-" + order.id, order.id, "EUR",
                                                                                   order.price * order.quantity}));
    if (placed.mail == PlacedOrder::Mail::kOne && (!paid || Clock::now() - begun > kPaidInTime))
      placed.mail = PlacedOrder::Mail::kEither;
    if (stored) ++posted_;
    {
      const std::lock_guard lock(mutex_);
      to_follow_.push_back({order.id, begun});
      placed_.push_back(std::move(placed));
    }
    more_to_follow_.notify_one();
  }
}

void Load::follow() {
  http::Client client(server_);
  std::unique_lock lock(mutex_);
  for (;;) {
    more_to_follow_.wait(lock, [this] { return stopping_ || !to_follow_.empty(); });
    if (stopping_) return;
    const Open order = to_follow_.front();
    to_follow_.pop_front();
    lock.unlock();
    const auto answer = client.send({.target = "/v1/orders/" + order.id + "/validated?timeout=1000"}, kPatience);
    const bool decided = answer.ok() && answer.value().status == 200;
    // Waited a second for it, or was not let in: a service that is away refuses at once.
    if (!decided && !(answer.ok() && answer.value().status == 504)) std::this_thread::sleep_for(kRetryPause);
    lock.lock();
    if (decided) {
      --open_;
      room_.notify_one();
      waits_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - order.begun).count());
    } else {
      to_follow_.push_front(order);
    }
  }
}

void Load::check_decisions(http::Client& client, Clock::time_point end, LoadReport& report) const {
  for (const PlacedOrder& placed : placed_) {
    const std::string& id = placed.order.id;
    nlohmann::json found;
    do {
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
      const std::int64_t timeout = std::max<std::int64_t>(1, left.count());
      found = get(client, "/v1/orders/" + http::escaped(id) + "/validated?timeout=" + std::to_string(timeout),
                  milliseconds(timeout + 1000));
      if (found.is_null()) std::this_thread::sleep_for(std::min<milliseconds>(left, kRetryPause));
    } while (found.is_null() && Clock::now() < end);
    if (found.is_null()) {
      ++report.undecided;
      report.wrong.push_back("order " + id + " is undecided");
      continue;
    }
    ++report.decided;
    if (const auto state = found.get<Order>().state; state != placed.state)
      report.wrong.push_back("order " + id + " is " + text_of(state) + " instead of " + text_of(placed.state));
  }
}

std::vector<std::string> Load::look_at_stock(http::Client& client) const {
  const auto seen = get(client, "/v1/stock?prefix=" + http::escaped(options_.prefix), kPatience);
  if (seen.is_null()) return {"the inventory service does not tell what is reserved"};
  std::map<std::string, ReservedStock> stock;
  for (const auto& [product, row] : seen.items())
    stock[product] = {row.at("reserved"), row.at("held"), row.at("held_by_prefix")};
  return stock_differences(placed_, stock);
}

std::vector<std::string> Load::look_at_mails(http::Client& client, LoadReport& report) const {
  const auto seen = get(client, "/v1/mails/sent?prefix=" + http::escaped(options_.prefix), kPatience);
  if (seen.is_null()) return {"nobody tells which mails were sent"};
  const auto sent = seen.get<std::map<std::string, std::int64_t>>();
  report.mails = report.mailed_again = 0;
  for (const auto& [id, count] : sent) {
    report.mails += count;
    report.mailed_again += count - 1;
  }
  return mail_differences(placed_, sent);
}

LoadReport Load::check(int timeout_ms) {
  LoadReport report;
  report.posted = posted_;
  http::Client client(server_);
  const auto end = Clock::now() + milliseconds(timeout_ms);
  check_decisions(client, end, report);
  // Stock is let go, and mails are sent, after the decision.
  const auto expect_none = [&](auto look) {
    auto differences = look();
    while (!differences.empty() && Clock::now() < end) {
      std::this_thread::sleep_for(kRetryPause);
      differences = look();
    }
    report.wrong.insert(report.wrong.end(), differences.begin(), differences.end());
  };
  expect_none([&] { return look_at_stock(client); });
  expect_none([&] { return look_at_mails(client, report); });
  const std::lock_guard lock(mutex_);
  report.most_open = most_open_;
  report.p50_ms = quantile(waits_ms_, 0.5);
  report.p99_ms = quantile(waits_ms_, 0.99);
  return report;
}

}  // namespace orders
