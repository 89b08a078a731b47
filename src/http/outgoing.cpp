// Sends one request to another server, without waiting for the answer.
#include "http/outgoing.hpp"

#include <boost/asio/strand.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace streams::http {

namespace bhttp = beast::http;

namespace {

constexpr std::uint64_t kLargestAnswer = 64 << 20;

/// One request on its way; keeps itself alive.
class Outgoing : public std::enable_shared_from_this<Outgoing> {
 public:
  Outgoing(asio::io_context& io, HostInfo server, const ClientRequest& request, std::chrono::milliseconds timeout,
           std::function<void(Outcome)> then)
      : server_(std::move(server)),
        timeout_(timeout),
        then_(std::move(then)),
        resolver_(asio::make_strand(io)),
        stream_(resolver_.get_executor()),
        request_(to_beast(request, server_)) {
    parser_.body_limit(kLargestAnswer);
  }

  void start() {
    resolver_.async_resolve(server_.host, std::to_string(server_.port),
                            [self = shared_from_this()](error_code error, const tcp::resolver::results_type& found) {
                              if (error) return self->end(error);
                              self->connect(found);
                            });
  }

 private:
  void connect(const tcp::resolver::results_type& addresses) {
    stream_.expires_after(timeout_);
    stream_.async_connect(addresses, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
      if (error) return self->end(error);
      error_code ignored;
      self->stream_.socket().set_option(tcp::no_delay(true), ignored);
      self->sent_ = true;
      bhttp::async_write(self->stream_, self->request_, [self](error_code failed, std::size_t) {
        if (failed) return self->end(failed);
        self->receive();
      });
    });
  }
  void receive() {
    bhttp::async_read(stream_, buffer_, parser_,
                      [self = shared_from_this()](error_code error, std::size_t) { self->end(error); });
  }
  void end(error_code error) {
    if (error) return then_({status_of(error, server_, timeout_), sent_});
    then_({from_beast(parser_.release()), sent_});
  }

  const HostInfo server_;
  const std::chrono::milliseconds timeout_;
  std::function<void(Outcome)> then_;
  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  bhttp::request<bhttp::string_body> request_;
  beast::flat_buffer buffer_;
  bhttp::response_parser<bhttp::string_body> parser_;
  bool sent_ = false;
};

}  // namespace

bhttp::request<bhttp::string_body> to_beast(const ClientRequest& request, const HostInfo& server) {
  bhttp::request<bhttp::string_body> out;
  out.version(11);
  out.method_string(request.method);
  out.target(request.target);
  out.set(bhttp::field::host, server.endpoint());
  for (const auto& [name, value] : request.headers) out.set(name, value);
  out.body() = request.body;
  out.prepare_payload();
  return out;
}

Response from_beast(bhttp::response<bhttp::string_body> response) {
  Response out;
  out.status = static_cast<int>(response.result_int());
  out.content_type.clear();
  for (const auto& field : response) {
    const std::string name(field.name_string().data(), field.name_string().size());
    const std::string value(field.value().data(), field.value().size());
    if (field.name() == bhttp::field::content_type) {
      out.content_type = value;
    } else {
      out.headers[name] = value;
    }
  }
  out.body = std::move(response.body());
  return out;
}

Status status_of(const error_code& error, const HostInfo& server, std::chrono::milliseconds timeout) {
  const std::string where = server.endpoint();
  if (error == beast::error::timeout)
    return {StatusCode::kTimedOut, where + " did not answer within " + std::to_string(timeout.count()) + " ms."};
  const bool no_http = error.category() == make_error_code(bhttp::error::bad_version).category() &&
                       error != bhttp::error::end_of_stream && error != bhttp::error::partial_message;
  if (no_http) return {StatusCode::kCorrupted, where + " does not speak HTTP/1.1: " + error.message() + "."};
  return {StatusCode::kUnavailable, where + " cannot be reached: " + error.message() + "."};
}

void send_to(asio::io_context& io, const HostInfo& server, const ClientRequest& request,
             std::chrono::milliseconds timeout, std::function<void(Outcome)> then) {
  std::make_shared<Outgoing>(io, server, request, timeout, std::move(then))->start();
}

}  // namespace streams::http
