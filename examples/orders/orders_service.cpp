// The orders service: a table of "orders", a producer, and HTTP around them.
#include "orders_service.hpp"

#include "order_body.hpp"
#include "topics.hpp"

#include <streams/http/client.hpp>
#include <streams/processor.hpp>
#include <streams/query.hpp>
#include <streams/streams_builder.hpp>

#include <charconv>

namespace orders {

namespace http = streams::http;
namespace {

bool decided(const Order& order) { return order.state != OrderState::kCreated; }

http::Response shown(const Order& order) {
  return {.body = nlohmann::json(order).dump(), .headers = {{"ETag", etag(order.version, order.state)}}};
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

/// One for each partition that is here.
class Watch final : public streams::Processor<std::string, Order, void, void> {
 public:
  explicit Watch(ViewListener listener) : listener_(std::move(listener)) {}
  void init(Context& context) override {
    const std::string& task = context.task_id();  // "0_3"
    partition_ = std::stoi(task.substr(task.find('_') + 1));
    listener_.taken_over(partition_);
  }
  void process(streams::Record<std::string, Order>&& record) override { listener_.changed(*record.key, record.value); }
  void close() override { listener_.given_up(partition_); }

 private:
  const ViewListener listener_;
  std::int32_t partition_ = -1;
};

}  // namespace

streams::Topology orders_view_topology(const ViewListener& listener, const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  builder.table<std::string, Order>(topic_prefix + kOrdersTopic, {}, {.store_name = kOrdersStore, .caching = false})
      .to_stream()
      .process([listener] { return std::make_unique<Watch>(listener); }, {.name = "watch"});
  return builder.build();
}

OrdersService::OrdersService(const Cluster& cluster, const OrdersServiceOptions& options)
    : orders_topic_(options.topic_prefix + kOrdersTopic),
      server_(options.http),
      owned_(cluster.clients(), orders_topic_) {
  streams::StreamsConfig config = options.config;
  if (!config.is_set("application.id")) config.set("application.id", "OrdersService");
  if (!config.is_set("commit.interval.ms")) config.set("commit.interval.ms", 100);
  config.set("application.server", server_.address().endpoint());
  config.set("auto.offset.reset", "earliest");  // a view of some of the orders would give ids twice
  const ViewListener listener{[this](std::int32_t partition) { owned_.taken_over(partition); },
                              [this](std::int32_t partition) { owned_.given_up(partition); },
                              [this](const std::string& id, const std::optional<Order>& order) {
                                owned_.seen(id);
                                if (order) waiting_.tell(id, *order);
                              }};
  application_ = cluster.application(orders_view_topology(listener, options.topic_prefix), config);
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

/// In its own partition: that others are here says nothing about it.
std::optional<Order> OrdersService::find(const std::string& id) const {
  const OwnedOrders::Place place = owned_.place_of(id);
  streams::Position needed;
  if (place.last_offset >= 0) needed.set(orders_topic_, place.partition, place.last_offset);
  auto answers = application_->query(streams::StateQueryRequest<streams::KeyQuery<std::string, Order>>{
      .store = kOrdersStore,
      .query = {.key = id},
      .partitions = {{place.partition}},
      .bound = streams::PositionBound::at(std::move(needed))});
  auto& answer = answers.partitions.at(place.partition);
  if (answer.failure == streams::FailureReason::kNotUpToBound)
    throw streams::StreamsRebalancing("The view has not read all orders of partition " +
                                      std::to_string(place.partition) + " yet, which this instance has just got.");
  return answer.result();
}

void OrdersService::post(const http::Request& request, const http::Reply& reply) {
  const Order order = order_from(request.body);
  const auto refuse = [&] { reply.send(http::failure(409, "There is an order " + order.id + " already.")); };
  const auto taken = owned_.take(order.id);
  if (!taken) return refuse();
  // In this order: what leaves the list of those being written is in the view by then.
  try {
    if (find(order.id)) {
      owned_.release(order.id, *taken);
      return refuse();
    }
  } catch (...) {
    owned_.release(order.id, *taken);
    throw;
  }
  if (!owned_.begin_writing(order.id, *taken))
    throw streams::StreamsRebalancing("Order " + order.id + " has moved to another instance.");
  const std::string location = "http://" + server_.address().endpoint() + "/v1/orders/" + http::escaped(order.id);
  writer_->write(orders_topic_, order.id, nlohmann::json(order).dump(),
                 [this, reply, location, id = order.id, taken = *taken](const streams::Status& status) {
                   status.ok() ? owned_.written(id, taken) : owned_.release(id, taken);
                   reply.send(status.ok() ? http::Response{.status = 201,
                                                           .headers = {{"Location", location},
                                                                       {"ETag", etag(1, OrderState::kCreated)}}}
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
