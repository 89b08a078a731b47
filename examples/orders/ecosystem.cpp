// All services of the ecosystem in one program.
#include "ecosystem.hpp"

#include "customer_orders_topology.hpp"
#include "daily_revenue_topology.hpp"
#include "email_topology.hpp"
#include "fraud_topology.hpp"
#include "inventory_topology.hpp"
#include "order_body.hpp"
#include "order_commands_topology.hpp"
#include "order_grid_topology.hpp"
#include "orders_latest_topology.hpp"
#include "topics.hpp"
#include "validations_topology.hpp"

#include <streams/serde.hpp>

#include <charconv>
#include <chrono>

namespace orders {

namespace http = streams::http;
using streams::queryable::key_value;

namespace {

constexpr int kTimeoutMs = 30'000;
constexpr const char* kMailsTopic = "mails";

http::Response json(const nlohmann::json& body) {
  return {.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

std::int64_t number(const std::string& what, const std::string& text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value < least || value > most)
    throw http::Refusal(400, what + " is a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                                 ", not '" + text + "'.");
  return value;
}

std::optional<std::string> query(const http::Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::nullopt : std::optional(found->second);
}

template <class K, class V>
std::pair<std::string, std::string> serialized(const K& key, const V& value) {
  std::pair<std::string, std::string> out;
  streams::DefaultSerde<K>::get()->serialize("", key, out.first);
  streams::DefaultSerde<V>::get()->serialize("", value, out.second);
  return out;
}

/// Answers when the record is stored.
RecordWriter::Done then_created(const http::Reply& reply) {
  return [reply](const streams::Status& status) {
    reply.send(status.ok() ? http::Response{.status = 201} : not_stored(status));
  };
}

}  // namespace

std::vector<Customer> first_customers() {
  return {{101, "Imke", "Vos", "imke@example.org", "Kade 3, Hoorn", "platinum", "NL"},
          {102, "Tolga", "Aydin", "tolga@example.org", "Cadde 12, Izmir", "silver", "TR"},
          {103, "Noor", "Haddad", "noor@example.org", "Rue 7, Tunis", "bronze", "TN"}};
}

Ecosystem::Ecosystem(const Cluster& cluster, const EcosystemOptions& options) : cluster_(cluster), options_(options) {
  auto topics = ecosystem_topics(options.partitions);
  topics.push_back({kMailsTopic, options.partitions, {{"cleanup.policy", "delete"}}});
  const auto admin = cluster.clients().admin({});
  create_topics(*admin, topics);
  require_commands_beside_orders(*admin);

  streams::StreamsConfig config{{"processing.guarantee", options.guarantee},
                                {"commit.interval.ms", std::to_string(options.commit_interval_ms)},
                                {"state.dir", options.state_dir.string()}};
  config.set_logger(options.logger);
  add_services(config);
  orders_ = std::make_unique<OrdersService>(cluster, OrdersServiceOptions{.http = options.http, .config = config});
  writer_ = std::make_unique<RecordWriter>(cluster.clients());
  write_first_data();
  add_routes();
  add_view_routes();
}

Ecosystem::~Ecosystem() { stop(); }

void Ecosystem::add_services(const streams::StreamsConfig& config) {
  const auto add = [&](const char* name, const char* purpose, std::function<streams::Topology()> topology) {
    services_.push_back(make_streams_service(cluster_, name, purpose, std::move(topology), config));
  };
  services_.push_back(make_details_service(cluster_, "does the order make sense?"));
  add("FraudService", "does the customer order too much at once?", [] { return fraud_topology(); });
  add("InventoryService", "is there stock? reserves it", [] { return inventory_topology(); });
  add("ValidationsAggregatorService", "decides when the checks are in", [] { return validations_topology(); });
  add("OrderCommandsService", "changes orders, one writer for all", [] { return order_commands_topology(); });
  add("EmailService", "writes to customers whose paid order is validated", [this] {
    return email_topology({.send_mail = [this](const Mail& mail) { mailbox_.send(mail); }},
                          {.grace = std::chrono::hours(24),
                           .mail_topic = kMailsTopic,
                           .only_state = OrderState::kValidated,
                           .once_within = std::chrono::hours(24),
                           .count_mails = true});
  });
  add("OrdersLatestService", "keeps the latest version of each order", [] { return orders_latest_topology(); });
  add("CustomerOrdersView", "orders by customer, amount and country", [] { return customer_orders_topology(); });
  add("OrderGridView", "orders with payment and customer", [] { return order_grid_topology(); });
  add("DailyRevenueService", "adds up each day", [] { return daily_revenue_topology(); });
}

void Ecosystem::start() {
  for (const auto& service : services_) service->start();
  events_ = std::make_unique<Events>(cluster_, std::map<std::string, std::string>{{kOrdersTopic, "order"},
                                                                                  {kValidationsTopic, "check"},
                                                                                  {kMailsTopic, "mail"},
                                                                                  {kPaymentsTopic, "payment"},
                                                                                  {kWarehouseTopic, "stock"}});
  traffic_ = std::make_unique<Traffic>(cluster_, services_);
  orders_->start();
}

void Ecosystem::stop() {
  orders_->stop();
  controls_.clear();  // waits for them
  traffic_.reset();
  events_.reset();
  for (const auto& service : services_) service->stop();
}

RunningService& Ecosystem::service(const std::string& name) {
  std::string known;
  for (const auto& service : services_) {
    if (service->name() == name) return *service;
    known += (known.empty() ? "" : ", ") + service->name();
  }
  throw http::Refusal(404, "There is no service " + name + ". There are " + known + ".");
}

std::shared_ptr<streams::KafkaStreams> Ecosystem::running(const std::string& name) {
  auto application = service(name).application();
  if (!application) throw http::Refusal(503, name + " does not run at the moment. Start it, or try again.");
  return application;
}

void Ecosystem::write_first_data() {
  levels_ = kFirstStock;
  if (records_in(kWarehouseTopic) > 0) return;  // somebody was here before
  std::vector<std::future<streams::Status>> written;
  const auto write = [&](const std::string& topic, std::pair<std::string, std::string> record) {
    const auto done = std::make_shared<std::promise<streams::Status>>();
    written.push_back(done->get_future());
    writer_->write(topic, std::move(record.first), std::move(record.second),
                   [done](const streams::Status& status) { done->set_value(status); });
  };
  for (const Customer& customer : first_customers()) write(kCustomersTopic, serialized(customer.id, customer));
  for (const auto& [product, level] : kFirstStock) write(kWarehouseTopic, serialized(product, level));
  for (auto& one : written) {
    if (const streams::Status status = one.get(); !status.ok()) throw std::runtime_error(status.message());
  }
}

std::int64_t Ecosystem::records_in(const std::string& topic) const {
  const auto admin = cluster_.clients().admin({});
  const auto counts = admin->topics({topic}, kTimeoutMs);
  if (!counts.ok()) throw std::runtime_error(counts.status().message());
  std::vector<streams::client::TopicPartition> partitions;
  for (std::int32_t p = 0; p < counts.value().at(topic); ++p) partitions.push_back({topic, p});
  const auto ranges = admin->offsets(partitions, kTimeoutMs);
  if (!ranges.ok()) throw std::runtime_error(ranges.status().message());
  std::int64_t records = 0;
  for (const auto& [partition, range] : ranges.value()) records += range.latest;
  return records;
}

void Ecosystem::control(RunningService& one, const std::string& action, const http::Reply& reply) {
  const std::lock_guard lock(mutex_);
  std::erase_if(controls_,
                [](const auto& done) { return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  controls_.push_back(std::async(std::launch::async, [&one, action, reply] {
    try {
      if (action == "start") one.start();
      if (action == "stop") one.stop();
      if (action == "crash") one.crash();
      reply.send(json({{"name", one.name()}, {"state", one.state()}}));
    } catch (const std::exception& e) {
      reply.send(http::failure(500, one.name() + " cannot " + action + ": " + e.what()));
    }
  }));
}

void Ecosystem::add_routes() {
  http::Server& server = orders_->server();
  server.route("GET", "/", [](const http::Request&, const http::Reply& reply) {
    reply.send({.body = kPage, .content_type = "text/html; charset=utf-8"});
  });
  server.route("GET", "/v1/events", [this](const http::Request& request, const http::Reply& reply) {
    events_->answer(number("after", query(request, "after").value_or("0"), 0, INT64_MAX), reply);
  });
  server.route("GET", "/v1/services",
               [this](const http::Request&, const http::Reply& reply) { reply.send(json(traffic_->json())); });
  server.route("POST", "/v1/services/{name}/{action}", [this](const http::Request& request, const http::Reply& reply) {
    RunningService& one = service(request.parameters.at("name"));
    const std::string& action = request.parameters.at("action");
    if (action != "start" && action != "stop" && action != "crash")
      throw http::Refusal(404, "A service can start, stop and crash, not " + action + ".");
    control(one, action, reply);
  });
  server.route("GET", "/v1/stock", [this](const http::Request& request, const http::Reply& reply) {
    reply.send(json(stock(query(request, "prefix"))));
  });
  server.route("POST", "/v1/stock/{product}", [this](const http::Request& request, const http::Reply& reply) {
    const std::string& product = request.parameters.at("product");
    const auto level = static_cast<std::int32_t>(number("level", query(request, "level").value_or(""), 0, INT32_MAX));
    {
      const std::lock_guard lock(mutex_);
      levels_[product] = level;
    }
    auto [key, value] = serialized(product, level);
    writer_->write(kWarehouseTopic, std::move(key), std::move(value), then_created(reply));
  });
  server.route("POST", "/v1/payments", [this](const http::Request& request, const http::Reply& reply) {
    const Payment payment = payment_from(request.body);
    auto [key, value] = serialized(payment.id, payment);
    writer_->write(kPaymentsTopic, std::move(key), std::move(value), then_created(reply));
  });
}

void Ecosystem::add_view_routes() {
  http::Server& server = orders_->server();
  server.route("GET", "/v1/customers/{id}/orders", [this](const http::Request& request, const http::Reply& reply) {
    OrderQuery wanted;
    const auto amount = [&](const char* name) -> std::optional<std::int64_t> {
      if (const auto text = query(request, name)) return number(name, *text, 0, INT64_MAX / 100) * 100;
      return std::nullopt;
    };
    wanted.min_cents = amount("min");
    wanted.max_cents = amount("max");
    wanted.country = query(request, "country");
    if (const auto status = query(request, "status")) {
      try {
        wanted.state = symbol_from<OrderState>(*status);
      } catch (const std::invalid_argument& e) {
        throw http::Refusal(400, std::string("status: ") + e.what());
      }
    }
    wanted.limit = static_cast<std::size_t>(number("limit", query(request, "limit").value_or("100"), 1, 1000));
    const std::int64_t customer = number("the customer's id", request.parameters.at("id"), INT64_MIN, INT64_MAX);
    const auto view =
        running("CustomerOrdersView")->store(kCustomerOrdersByAmount, key_value<std::string, CustomerOrder>());
    reply.send(json(orders_of_customer(*view, customer, wanted)));
  });
  server.route("GET", "/v1/grid", [this](const http::Request& request, const http::Reply& reply) {
    const auto size = static_cast<std::size_t>(number("size", query(request, "size").value_or("20"), 1, 1000));
    reply.send(json(page_of_grid(*running("OrderGridView"), query(request, "after"), size)));
  });
  server.route("GET", "/v1/mails", [this](const http::Request&, const http::Reply& reply) {
    const auto counts = running("EmailService")->store(kMailsSentStore, key_value<std::string, std::int64_t>());
    std::map<std::string, std::int64_t> sums;
    for (const auto& [level, count] : counts->all()) sums[level] += count;
    reply.send(json(sums));
  });
  server.route("GET", "/v1/mails/sent", [this](const http::Request& request, const http::Reply& reply) {
    reply.send(json(mailbox_.sent(query(request, "prefix").value_or(""))));
  });
  server.route("GET", "/v1/revenue", [this](const http::Request&, const http::Reply& reply) {
    const auto days = running("DailyRevenueService")->store(kDailyRevenueStore, key_value<std::string, std::int64_t>());
    std::map<std::string, double> sums;
    for (const auto& [day, cents_of_day] : days->all()) sums[day] += static_cast<double>(cents_of_day) / 100;
    reply.send(json(sums));
  });
}

nlohmann::json Ecosystem::stock(const std::optional<std::string>& prefix) {
  const auto inventory = running("InventoryService");
  const auto reserved = inventory->store(kReservedStore, key_value<std::string, std::int64_t>());
  nlohmann::json out = nlohmann::json::object();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [product, level] : levels_)
      out[product] = {{"level", level}, {"reserved", reserved->get(product).value_or(0)}};
  }
  if (!prefix) return out;
  std::map<std::string, std::int64_t> held, held_by_prefix;
  const auto reservations = inventory->store(kReservationsStore, key_value<std::string, Reservation>());
  for (const auto& [order, reservation] : reservations->all()) {
    held[reservation.product] += reservation.quantity;
    if (order.starts_with(*prefix)) held_by_prefix[reservation.product] += reservation.quantity;
  }
  for (const auto& [product, row] : out.items())
    row.update({{"held", held[product]}, {"held_by_prefix", held_by_prefix[product]}});
  return out;
}

}  // namespace orders
