// Sends one request to another server, without waiting for the answer.
#pragma once

#include "http/connection.hpp"

#include <streams/http/client.hpp>
#include <streams/status.hpp>

#include <functional>

namespace streams::http {

/// What became of a request. `sent`: the other server may have acted on it.
struct Outcome {
  Result<Response> response;
  bool sent = false;
};

/// Calls `then` once, on a thread of `io`.
void send_to(asio::io_context& io, const HostInfo& server, const ClientRequest& request,
             std::chrono::milliseconds timeout, std::function<void(Outcome)> then);

/// Between this library's and Beast's messages.
beast::http::request<beast::http::string_body> to_beast(const ClientRequest& request, const HostInfo& server);
Response from_beast(beast::http::response<beast::http::string_body> response);
/// What a failed connection means.
Status status_of(const boost::system::error_code& error, const HostInfo& server, std::chrono::milliseconds timeout);

}  // namespace streams::http
