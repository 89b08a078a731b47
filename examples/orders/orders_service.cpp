// The orders service: a table of "orders", a producer, and HTTP around them.
#include "orders_service.hpp"

#include "order_body.hpp"
#include "topics.hpp"

#include <streams/http/client.hpp>
#include <streams/streams_builder.hpp>

#include <charconv>

namespace orders {

namespace http = streams::http;
using streams::queryable::key_value;

namespace {

bool decided(const Order& order) { return order.state != OrderState::kCreated; }

http::Response shown(const Order& order) {
  return {.body = nlohmann::json(order).dump(), .headers = {{"ETag", etag(order.version)}}};
}

/// Of those that the client wants to see: ?version=N, which it knows of from a change.
std::int32_t least_version(const http::Request& request) {
  const auto wanted = request.query.find("version");
  if (wanted == request.query.end()) return 0;
  const std::string& text = wanted->second;
  std::int32_t version = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (failed != std::errc() || rest != text.data() + text.size() || version < 1)
    throw http::Refusal(400, "version is a whole number from 1, not '" + text + "'.");
  return version;
}

}  // namespace

streams::Topology orders_view_topology(std::function<void(const Order&)> changed, const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  builder.table<std::string, Order>(topic_prefix + kOrdersTopic, {}, {.store_name = kOrdersStore})
      .to_stream()
      .for_each([changed = std::move(changed)](const Order& order) { changed(order); });
  return builder.build();
}

OrdersService::OrdersService(const Cluster& cluster, const OrdersServiceOptions& options)
    : orders_topic_(options.topic_prefix + kOrdersTopic), server_(options.http) {
  streams::StreamsConfig config = options.config;
  if (!config.is_set("application.id")) config.set("application.id", "OrdersService");
  if (!config.is_set("commit.interval.ms")) config.set("commit.interval.ms", 100);
  config.set("application.server", server_.address().endpoint());
  application_ = cluster.application(
      orders_view_topology([this](const Order& order) { changed(order); }, options.topic_prefix), config);
  writer_ = std::make_unique<RecordWriter>(cluster.clients());
  changes_ = std::make_unique<OrderChanges>(cluster.clients(), *writer_, server_, options.topic_prefix);

  const auto owner_of = [this](const std::string& id) {
    return application_->query_metadata_for_key<std::string>(kOrdersStore, id);
  };
  const auto owner_of_path = [owner_of](const http::Request& request) { return owner_of(request.parameters.at("id")); };
  server_.route_to_owner(
      "POST", "/v1/orders",
      [owner_of](const http::Request& request) {
        const auto type = request.headers.find("content-type");
        if (type != request.headers.end() && !type->second.starts_with("application/json"))
          throw http::Refusal(415, "An order is application/json, not " + type->second + ".");
        return owner_of(order_from(request.body).id);
      },
      [this](const http::Request& request, const http::Reply& reply) { post(request, reply); });
  server_.route_to_owner("GET", "/v1/orders/{id}", owner_of_path,
                         [this](const http::Request& request, const http::Reply& reply) {
                           get(request, reply, [](const Order&) { return true; });
                         });
  server_.route_to_owner(
      "GET", "/v1/orders/{id}/validated", owner_of_path,
      [this](const http::Request& request, const http::Reply& reply) { get(request, reply, decided); });
  server_.add_operations(*application_);
}

OrdersService::~OrdersService() { stop(); }

void OrdersService::start() {
  application_->start();
  changes_->start();
  server_.start();
}

void OrdersService::stop() {
  server_.stop();
  changes_->stop();
  application_->close();
}

std::optional<Order> OrdersService::find(const std::string& id) const {
  return application_->store(kOrdersStore, key_value<std::string, Order>())->get(id);
}

void OrdersService::changed(const Order& order) {
  no_longer_written(order.id);
  waiting_.tell(order.id, order);
}

void OrdersService::no_longer_written(const std::string& id) {
  const std::lock_guard lock(mutex_);
  being_written_.erase(id);
}

void OrdersService::post(const http::Request& request, const http::Reply& reply) {
  const Order order = order_from(request.body);
  const auto taken = [&] { reply.send(http::failure(409, "There is an order " + order.id + " already.")); };
  {
    const std::lock_guard lock(mutex_);
    if (!being_written_.insert(order.id).second) return taken();
  }
  // In this order: what leaves the list of those being written is in the view by then.
  try {
    if (find(order.id)) {
      no_longer_written(order.id);
      return taken();
    }
  } catch (...) {
    no_longer_written(order.id);
    throw;
  }
  const std::string location = "http://" + server_.address().endpoint() + "/v1/orders/" + http::escaped(order.id);
  writer_->write(
      orders_topic_, order.id, nlohmann::json(order).dump(),
      [this, reply, location, id = order.id](const streams::Status& status) {
        if (!status.ok()) no_longer_written(id);
        reply.send(status.ok() ? http::Response{.status = 201, .headers = {{"Location", location}, {"ETag", etag(1)}}}
                               : not_stored(status));
      });
}

void OrdersService::get(const http::Request& request, const http::Reply& reply,
                        const std::function<bool(const Order&)>& state_wanted) {
  const std::string& id = request.parameters.at("id");
  const auto wanted = [state_wanted, version = least_version(request)](const Order& order) {
    return order.version >= version && state_wanted(order);
  };
  // First a look, which throws if the key is not here; then onto the list; then another look: it may have come
  // meanwhile.
  if (const auto order = find(id); order && wanted(*order)) {
    reply.send(shown(*order));
    return;
  }
  waiting_.add(id, reply,
               [wanted](const Order& order) { return wanted(order) ? std::optional(shown(order)) : std::nullopt; });
  if (const auto order = find(id); order && wanted(*order)) reply.send(shown(*order));
}

}  // namespace orders
