// A small HTTP client: for tests, load generators, and programs that ask the instances of an application.
#pragma once

#include <streams/http/message.hpp>
#include <streams/status.hpp>
#include <streams/streams_metadata.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace streams::http {

/// What is asked for. `target` as it is sent, escaped where need be (escaped()).
struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";
  std::string body{};
  Fields headers{};
};

/// One connection to one server, made when it is needed and kept. Calls wait.
/// Threads: one at a time.
class Client {
 public:
  explicit Client(HostInfo server);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  /// kUnavailable: nobody listens, or the connection broke; kTimedOut; kCorrupted: that was not HTTP. A connection that
  /// the server has closed since the last call is made anew, once.
  Result<Response> send(const ClientRequest& request,
                        std::chrono::milliseconds timeout = std::chrono::milliseconds(30'000));

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A text as a part of a path or query: "a/b" is "a%2Fb".
std::string escaped(const std::string& text);

}  // namespace streams::http
