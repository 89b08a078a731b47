// Orders at an even pace, and what must come of them.
#include "load.hpp"

#include <streams/http/client.hpp>

#include <algorithm>
#include <chrono>
#include <random>

namespace orders {

namespace http = streams::http;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPatience{120'000};
constexpr milliseconds kRetryPause{100};

http::ClientRequest post(const std::string& target, const nlohmann::json& body) {
  return {.method = "POST", .target = target, .body = body.dump(), .headers = {{"Content-Type", "application/json"}}};
}

/// Tries again while the service is away or moves: true once the order is stored, by this or an earlier attempt.
bool store(http::Client& client, const http::ClientRequest& request) {
  const auto end = Clock::now() + kPatience;
  while (Clock::now() < end) {
    const auto answer = client.send(request, kPatience);
    if (answer.ok() && (answer.value().status == 201 || answer.value().status == 409)) return true;
    std::this_thread::sleep_for(kRetryPause);
  }
  return false;
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

}  // namespace

Load::Load(streams::HostInfo server, const LoadOptions& options) : server_(std::move(server)), options_(options) {}
Load::~Load() { stop(); }

void Load::start() {
  for (int i = 0; i < options_.connections; ++i) threads_.emplace_back([this] { run(); });
}

void Load::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Load::Expected Load::draw(std::int64_t number) const {
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
  // However many orders of hers come in an hour, 101 stays below the limit.
  order.price = fraud ? 2500 : known ? 0.01 : static_cast<double>(1 + roll(60));
  return {order, fraud || gone ? OrderState::kFailed : OrderState::kValidated};
}

void Load::run() {
  http::Client client(server_);
  const auto started = Clock::now();
  while (!stopping_) {
    const std::int64_t mine = next_++;
    const auto due = started + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(static_cast<double>(mine) / options_.rate));
    while (!stopping_ && Clock::now() < due)
      std::this_thread::sleep_for(std::min<Clock::duration>(milliseconds(50), due - Clock::now()));
    if (stopping_) return;
    const Expected expected = draw(mine);
    const auto begun = Clock::now();
    {
      const std::lock_guard lock(mutex_);
      expected_.push_back(expected);
    }
    if (!store(client, post("/v1/orders", expected.order))) continue;
    ++posted_;
    store(client, post("/v1/payments", Payment{"pay-" + expected.order.id, expected.order.id, "EUR",
                                               expected.order.price * expected.order.quantity}));
    const auto answer =
        client.send({.target = "/v1/orders/" + expected.order.id + "/validated?timeout=60000"}, kPatience);
    if (answer.ok() && answer.value().status == 200) {
      const std::lock_guard lock(mutex_);
      waits_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
    }
  }
}

LoadReport Load::check(int timeout_ms) {
  LoadReport report;
  report.posted = posted_;
  http::Client client(server_);
  const auto end = Clock::now() + milliseconds(timeout_ms);
  for (const Expected& expected : expected_) {
    const std::string& id = expected.order.id;
    std::optional<Order> found;
    while (!found && Clock::now() < end) {
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
      const auto answer = client.send({.target = "/v1/orders/" + http::escaped(id) +
                                                 "/validated?timeout=" + std::to_string(std::max<long>(1, left))},
                                      milliseconds(left + 1000));
      if (answer.ok() && answer.value().status == 200)
        found = nlohmann::json::parse(answer.value().body).get<Order>();
      else
        std::this_thread::sleep_for(kRetryPause);
    }
    if (!found) {
      ++report.undecided;
      report.wrong.push_back("order " + id + " is undecided");
      continue;
    }
    ++report.decided;
    if (found->state != expected.state) {
      report.wrong.push_back("order " + id + " is " + text_of(found->state) + " instead of " + text_of(expected.state));
    }
    if (expected.state == OrderState::kValidated) report.reserved[expected.order.product] += expected.order.quantity;
  }
  const std::lock_guard lock(mutex_);
  report.p50_ms = quantile(waits_ms_, 0.5);
  report.p99_ms = quantile(waits_ms_, 0.99);
  return report;
}

}  // namespace orders
