// A small HTTP client: one connection, calls that wait.
#include "http/outgoing.hpp"

#include <streams/http/client.hpp>

#include <boost/beast/core/tcp_stream.hpp>

namespace streams::http {

namespace bhttp = beast::http;

struct Client::Impl {
  explicit Impl(HostInfo to) : server(std::move(to)) {}

  /// Runs what was begun until it calls back.
  template <class Begin>
  error_code await(Begin begin) {
    error_code out = asio::error::would_block;
    begin([&out](error_code error, auto&&...) { out = error; });
    io.restart();
    while (out == asio::error::would_block && io.run_one() > 0) {
    }
    return out;
  }

  error_code connect(std::chrono::milliseconds timeout) {
    tcp::resolver resolver(io);
    error_code error;
    const auto addresses = resolver.resolve(server.host, std::to_string(server.port), error);
    if (error) return error;
    stream.emplace(io);
    stream->expires_after(timeout);
    error = await([&](auto done) { stream->async_connect(addresses, done); });
    if (!error) stream->socket().set_option(tcp::no_delay(true), error);
    return error;
  }

  /// `unused`: the connection turned out to be closed before anything of an answer came.
  error_code exchange(const ClientRequest& request, std::chrono::milliseconds timeout, Response& response,
                      bool& unused) {
    const auto message = to_beast(request, server);
    stream->expires_after(timeout);
    error_code error = await([&](auto done) { bhttp::async_write(*stream, message, done); });
    bhttp::response_parser<bhttp::string_body> parser;
    parser.body_limit(64 << 20);
    parser.skip(request.method == "HEAD");
    // A server that refuses a request may answer before it has read all of it.
    const error_code failed = await([&](auto done) { bhttp::async_read(*stream, buffer, parser, done); });
    unused = failed && !parser.got_some();
    if (failed) return error && !parser.got_some() ? error : failed;
    const bool keep = parser.get().keep_alive() && !error;
    response = from_beast(parser.release());
    if (!keep) stream.reset();
    return {};
  }

  HostInfo server;
  asio::io_context io;
  std::optional<beast::tcp_stream> stream;
  beast::flat_buffer buffer;
};

Client::Client(HostInfo server) : impl_(std::make_unique<Impl>(std::move(server))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Response> Client::send(const ClientRequest& request, std::chrono::milliseconds timeout) {
  Impl& impl = *impl_;
  const bool kept = impl.stream.has_value();
  error_code error;
  for (int attempt = 0; attempt < (kept ? 2 : 1); ++attempt) {
    if (!impl.stream) error = impl.connect(timeout);
    bool unused = false;
    Response response;
    if (!error) error = impl.exchange(request, timeout, response, unused);
    if (!error) return response;
    impl.stream.reset();
    impl.buffer.clear();
    if (!unused || error == beast::error::timeout) break;
    if (attempt == 0 && kept) error = {};
  }
  return status_of(error, impl.server, timeout);
}

}  // namespace streams::http
