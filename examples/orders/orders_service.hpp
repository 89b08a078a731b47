// The orders service: takes orders over HTTP, and shows what has become of them.
#pragma once

#include "cluster.hpp"
#include "model.hpp"
#include "order_changes.hpp"
#include "owned_orders.hpp"
#include "record_writer.hpp"
#include "waiting_requests.hpp"

#include <streams/http/server.hpp>
#include <streams/topology.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace orders {

inline constexpr const char* kOrdersStore = "orders-store";

/// Who is told of what happens to a view, by the thread that processes the partition.
struct ViewListener {
  std::function<void(std::int32_t partition)> taken_over = [](auto&&...) {}, given_up = [](auto&&...) {};
  /// nullopt: deleted
  std::function<void(const std::string& id, const std::optional<Order>& order)> changed = [](auto&&...) {};
};

/// A view of "orders" in a local store. Without a record cache: each record is told of, as soon as its row is there.
streams::Topology orders_view_topology(const ViewListener& listener, const std::string& topic_prefix = "");

struct OrdersServiceOptions {
  streams::http::ServerOptions http{};
  streams::StreamsConfig config{};  ///< over the service's own: state.dir, num.standby.replicas, ...
  std::string topic_prefix{};
};

/// Commands go into the topic, queries are answered from the view, and in between lies the log (CQRS):
///
///   POST /v1/orders                  201 once the cluster has the order; Location says where it can be read
///   GET  /v1/orders/{id}             the order, with version and state as ETag; waits for one that is not there yet;
///                                    ?version=N waits for that version, or a later one
///   GET  /v1/orders/{id}/validated   waits until it is VALIDATED or FAILED
///   PUT  /v1/orders/{id}, POST .../ship, POST .../cancel: order_changes.hpp
///   GET  /health, /metrics
///
/// Each instance answers any request: those of keys that others have are passed on. Requests for one order meet at its
/// owner, so that an id is given once (409). An owner that has just got a partition answers when its view has read what
/// was written before: until then POST and GET wait, and get 503 with Retry-After at their deadline.
/// Threads: any.
class OrdersService {
 public:
  /// Listens; serves from start() on. Throws as http::Server and KafkaStreams.
  OrdersService(const Cluster& cluster, const OrdersServiceOptions& options = {});
  ~OrdersService();
  OrdersService(const OrdersService&) = delete;
  OrdersService& operator=(const OrdersService&) = delete;

  /// For more routes, before start().
  streams::http::Server& server() { return server_; }
  streams::KafkaStreams& application() { return *application_; }
  /// Orders that are written, or on their way, and that the view does not show yet.
  std::size_t being_written() const { return owned_.being_written(); }
  void start();
  void stop();

 private:
  void post(const streams::http::Request& request, const streams::http::Reply& reply);
  void get(const streams::http::Request& request, const streams::http::Reply& reply,
           const std::function<bool(const Order&)>& state_wanted);
  std::optional<Order> find(const std::string& id) const;

  const std::string orders_topic_;
  streams::http::Server server_;
  WaitingRequests<Order> waiting_;
  OwnedOrders owned_;
  std::unique_ptr<streams::KafkaStreams> application_;
  std::unique_ptr<RecordWriter> writer_;
  std::unique_ptr<OrderChanges> changes_;
};

}  // namespace orders
