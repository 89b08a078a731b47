// All services of the ecosystem in one program, with a page to watch and disturb them.
#pragma once

#include "events.hpp"
#include "mailbox.hpp"
#include "orders_service.hpp"
#include "running_service.hpp"
#include "traffic.hpp"

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace orders {

struct EcosystemOptions {
  streams::http::ServerOptions http{};
  std::filesystem::path state_dir;
  std::string guarantee = "exactly_once_v2";
  int commit_interval_ms = 100;
  int partitions = 4;  ///< of topics that have to be created
  streams::LoggerPtr logger = streams::stderr_logger(streams::LogLevel::kError);
};

/// What is there before the first order: three customers, four products.
inline const std::map<std::string, std::int32_t> kFirstStock{
    {"LANTERN", 1'000'000}, {"HAMMOCK", 25}, {"KETTLE", 500'000}, {"COMPASS", 0}};
std::vector<Customer> first_customers();

/// Adds to the routes of OrdersService:
///
///   GET  /                                   the page
///   GET  /v1/events?after=N                  what happened in the topics since event N; waits for the next
///   GET  /v1/services                        services, topics, rates and lags (Traffic::json())
///   POST /v1/services/{name}/{action}        start, stop, crash
///   GET  /v1/stock                           pieces by product: level and reserved; with ?prefix= also what orders
///                                            hold, and those whose ids begin so
///   POST /v1/stock/{product}?level=N         a new level in the warehouse
///   POST /v1/payments                        a payment
///   GET  /v1/customers/{id}/orders           ?min=&max=&status=&country=&limit= from the customer-orders view
///   GET  /v1/grid?after=&size=               orders with payment and customer, page by page
///   GET  /v1/mails, /v1/revenue              mails that were sent, by customer level; money, by day
///   GET  /v1/mails/sent?prefix=              mails that left the house, by order id
/// Threads: any.
class Ecosystem {
 public:
  /// Creates topics that are missing, and writes customers and stock if there are none. Throws what goes wrong.
  Ecosystem(const Cluster& cluster, const EcosystemOptions& options);
  ~Ecosystem();
  Ecosystem(const Ecosystem&) = delete;
  Ecosystem& operator=(const Ecosystem&) = delete;

  void start();
  /// In order. Waiting requests get 503.
  void stop();
  streams::HostInfo address() { return orders_->server().address(); }
  /// Throws http::Refusal (404) for a name that no service has.
  RunningService& service(const std::string& name);
  const std::vector<std::unique_ptr<RunningService>>& services() const { return services_; }

 private:
  void add_services(const streams::StreamsConfig& config);
  void add_routes();
  void add_view_routes();
  void write_first_data();
  std::int64_t records_in(const std::string& topic) const;
  /// On a thread of its own: closing waits for a commit.
  void control(RunningService& one, const std::string& action, const streams::http::Reply& reply);
  nlohmann::json stock(const std::optional<std::string>& prefix);
  std::shared_ptr<streams::KafkaStreams> running(const std::string& name);

  const Cluster& cluster_;
  const EcosystemOptions options_;
  Mailbox mailbox_;
  std::vector<std::unique_ptr<RunningService>> services_;
  std::unique_ptr<OrdersService> orders_;
  std::unique_ptr<RecordWriter> writer_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<Traffic> traffic_;
  std::mutex mutex_;
  std::map<std::string, std::int32_t> levels_;  ///< as written by this process
  std::vector<std::future<void>> controls_;     ///< starts and stops that are under way; under mutex_ while it serves
};

/// The page, as it is served.
extern const char* const kPage;

}  // namespace orders
