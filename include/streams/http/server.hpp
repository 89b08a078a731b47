// A small HTTP server: for applications that let others read their stores.
#pragma once

#include <streams/http/message.hpp>
#include <streams/streams_metadata.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace streams {
class KafkaStreams;
}

namespace streams::http {

struct ServerOptions {
  std::string host = "127.0.0.1";  ///< address to listen on; "0.0.0.0" for all: put something that encrypts before it
  std::uint16_t port = 0;          ///< 0: any that is free
  /// Under which others reach this server; empty: `host`. For application.server, and to know which keys are its own.
  std::string advertised_host{};
  int threads = 2;  ///< requests that wait hold no thread
  std::size_t max_body_bytes = 1 << 20;
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_connections = 10'000;            ///< who comes on top gets 503
  std::chrono::milliseconds read_timeout{15'000};  ///< for a whole request to arrive, and between two of a connection
  std::chrono::milliseconds default_timeout{10'000};  ///< for an answer, where the request does not say
  std::chrono::milliseconds max_timeout{600'000};     ///< that a request may ask for
};

/// Where the key that a request asks for is; nullopt: not known at the moment.
/// Called on a thread of its own, as KafkaStreams::query_metadata_for_key may ask the cluster.
using OwnerOf = std::function<std::optional<KeyQueryMetadata>(const Request&)>;

/// HTTP/1.1 on Boost.Beast. No TLS: listen on loopback, or behind something that has it.
///
/// Answers by itself: 400 for what is not HTTP, a wrong escape or a wrong timeout; 404 and 405 (with Allow); 408 for
/// requests that arrive too slowly; 413 and 431 for those that are too large; 503 while it stops or is full; 504 at the
/// deadline. All with a body that says why. HEAD is answered as GET.
///
/// Threads: routes before start(); the rest from any thread.
class Server {
 public:
  /// Takes the port: address() is known from then on. Throws InvalidArgument for senseless options, StreamsError if the
  /// port cannot be had.
  explicit Server(ServerOptions options = {});
  /// Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// `pattern`: "/orders/{id}/validated": a name in braces stands for one part of a path, which it takes. A final slash
  /// does not matter. Parts that are given win over names. Throws InvalidArgument for a route that is there already.
  void route(const std::string& method, const std::string& pattern, Handler handler);

  /// The same for requests that only the owner of a key can answer. Elsewhere they are passed on to it, once (header
  /// "streams-hops"), with the time that is left; an answer that was passed on says so in header "streams-served-by".
  /// While the owner is not known or does not answer, or the handler throws InvalidStateStore because the key is not
  /// there, it is looked for again until the deadline; then 503. So a handler changes nothing before it has found its
  /// store. A request other than GET and HEAD that was sent to an owner who breaks off is not passed on again: 502, as
  /// nobody knows what became of it.
  void route_to_owner(const std::string& method, const std::string& pattern, OwnerOf owner, Handler handler);

  /// GET /health (200 while the application runs, 503 otherwise, with its state), GET /metrics (Prometheus text; of
  /// this server, kafka_streams_http_waiting and kafka_streams_http_passed_on_total). The application must live until
  /// stop().
  void add_operations(const KafkaStreams& application);

  /// Serves.
  void start();
  /// No new requests; those that wait get 503; returns when all threads have ended. May be called twice, and not from a
  /// handler.
  void stop();

  /// Where others reach it; "host:port" of it is a good application.server.
  HostInfo address() const;
  /// Requests that wait for their answer at the moment.
  std::size_t waiting() const;
  /// Requests of route_to_owner() that were passed on since the start.
  std::size_t passed_on() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace streams::http
