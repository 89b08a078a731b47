// A small HTTP server: accepts connections and ends in order.
#include "http/connection.hpp"
#include "http/owner_router.hpp"

#include <streams/errors.hpp>
#include <streams/http/server.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/metrics.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>

#include <thread>

namespace streams::http {
namespace {

constexpr std::chrono::seconds kGoodbye{5};  ///< for the last answers to be written

void check(const ServerOptions& options) {
  const auto refuse = [](const std::string& what) { throw InvalidArgument("HTTP server: " + what); };
  if (options.threads < 1) refuse("threads is " + std::to_string(options.threads) + ", at least 1 is needed.");
  if (options.max_connections < 1) refuse("max_connections is 0, at least 1 is needed.");
  if (options.max_header_bytes < 256) refuse("max_header_bytes is less than 256, no request would fit.");
  if (options.read_timeout.count() <= 0) refuse("read_timeout must be positive.");
  if (options.default_timeout.count() < 0 || options.default_timeout > options.max_timeout)
    refuse("default_timeout must be between 0 and max_timeout.");
}

std::vector<Metric> metrics_of(const Server& server) {
  const auto number = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  return {{.name = {"http", "waiting", {}, "Requests that wait for their answer"}, .value = number(server.waiting())},
          {.name = {"http", "passed-on-total", {}, "Requests that were passed on to the owner of their key"},
           .cumulative = true,
           .value = number(server.passed_on())}};
}

}  // namespace

struct Server::Impl {
  explicit Impl(ServerOptions options) : shared(std::make_shared<ServerShared>()), acceptor(shared->io) {
    check(options);
    shared->options = std::move(options);
    listen();
    const std::string& advertised = shared->options.advertised_host;
    self = {advertised.empty() ? shared->options.host : advertised, acceptor.local_endpoint().port()};
    router.emplace(shared->io, self);
  }

  void listen() {
    const ServerOptions& options = shared->options;
    error_code error;
    const auto address = asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, error);
    if (error) throw InvalidArgument("HTTP server: host '" + options.host + "' is no IP address of this machine.");
    const tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      throw StreamsError("HTTP server: cannot listen on " + HostInfo{options.host, options.port}.endpoint() + ": " +
                         error.message() + ". Choose another port, or 0 for any that is free.");
  }

  void accept() {
    acceptor.async_accept(asio::make_strand(shared->io), [this](error_code error, tcp::socket socket) {
      if (shared->stopping) return;
      if (!error) {
        bool full = false;
        {
          const std::lock_guard lock(shared->mutex);
          full = shared->connections.size() >= shared->options.max_connections;
        }
        std::make_shared<Connection>(std::move(socket), shared)->start(full);
        return accept();
      }
      // Out of file descriptors, most likely: others have to be closed first.
      const auto pause = std::make_shared<asio::steady_timer>(shared->io, std::chrono::milliseconds(100));
      pause->async_wait([this, pause](error_code) {
        if (!shared->stopping) accept();
      });
    });
  }

  void stop() {
    if (shared->stopping.exchange(true)) return;
    if (router) router->stop();
    asio::post(shared->io, [this] {
      error_code ignored;
      acceptor.close(ignored);
    });
    std::vector<std::shared_ptr<Connection>> open;
    {
      const std::lock_guard lock(shared->mutex);
      for (Connection* connection : shared->connections) {
        if (auto one = connection->weak_from_this().lock()) open.push_back(std::move(one));
      }
    }
    for (const auto& connection : open) connection->stop();
    open.clear();
    if (threads.empty()) shared->io.poll();
    {
      // What is left then are requests that were passed on, and timers: nobody waits for them.
      std::unique_lock lock(shared->mutex);
      shared->ended.wait_for(lock, kGoodbye, [this] { return shared->connections.empty(); });
    }
    shared->io.stop();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  std::shared_ptr<ServerShared> shared;
  tcp::acceptor acceptor;
  HostInfo self;
  std::optional<OwnerRouter> router;
  std::vector<std::thread> threads;
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() { stop(); }

void Server::route(const std::string& method, const std::string& pattern, Handler handler) {
  if (!impl_->threads.empty()) throw StreamsError("HTTP server: routes are added before start().");
  impl_->shared->routes.add(method, pattern, std::move(handler));
}

void Server::route_to_owner(const std::string& method, const std::string& pattern, OwnerOf owner, Handler handler) {
  if (!owner || !handler) throw InvalidArgument("Route " + method + " " + pattern + " has no handler.");
  route(method, pattern, impl_->router->at_owner(std::move(owner), std::move(handler)));
}

void Server::add_operations(const KafkaStreams& application) {
  route("GET", "/health", [&application](const Request&, const Reply& reply) {
    const KafkaStreams::State state = application.state();
    const bool well = state == KafkaStreams::State::kRunning || state == KafkaStreams::State::kRebalancing;
    reply.send({.status = well ? 200 : 503, .body = "{\"state\":\"" + std::string(name_of(state)) + "\"}"});
  });
  route("GET", "/metrics", [this, &application](const Request&, const Reply& reply) {
    reply.send({.body = prometheus_text(application.metrics()) + prometheus_text(metrics_of(*this)),
                .content_type = "text/plain; version=0.0.4; charset=utf-8"});
  });
}

void Server::start() {
  if (!impl_->threads.empty() || impl_->shared->stopping) throw StreamsError("HTTP server: start() was called before.");
  impl_->accept();
  for (int i = 0; i < impl_->shared->options.threads; ++i) {
    impl_->threads.emplace_back([shared = impl_->shared] { shared->io.run(); });
  }
}

void Server::stop() { impl_->stop(); }
HostInfo Server::address() const { return impl_->self; }
std::size_t Server::waiting() const { return impl_->shared->waiting; }
std::size_t Server::passed_on() const { return impl_->router->passed_on(); }

}  // namespace streams::http
