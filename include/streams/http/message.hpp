// What an HTTP server is asked, and what it answers.
#pragma once

#include <streams/errors.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace streams::http {

/// Orders the names of header fields without regard to case.
struct LessIgnoringCase {
  bool operator()(const std::string& a, const std::string& b) const;
};
using Fields = std::map<std::string, std::string, LessIgnoringCase>;

/// A request. Texts of the target are decoded ("%2F" is "/").
struct Request {
  std::string method;                               ///< "GET", "POST", ...
  std::string target;                               ///< as it was sent: "/v1/orders/7?timeout=100"
  std::string path;                                 ///< "/v1/orders/7"
  std::map<std::string, std::string> parameters{};  ///< of the path: "id" where the route says "{id}"
  std::map<std::string, std::string> query{};       ///< what follows the question mark; of a name given twice, the last
  Fields headers{};
  std::string body{};
  /// Answered by then, or the server answers 504. Query parameter or header "timeout" (ms) says when that is.
  std::chrono::steady_clock::time_point deadline{};

  /// Time left until the deadline; zero if it has passed.
  std::chrono::milliseconds remaining() const;
};

/// An answer.
struct Response {
  int status = 200;
  std::string body{};
  std::string content_type = "application/json";
  Fields headers{};
};

/// A failure as JSON: {"status":404,"error":"..."}. `why` says what is wrong, where, and what to do about it.
Response failure(int status, const std::string& why);

/// Thrown by handlers: becomes that failure.
struct Refusal : StreamsError {
  Refusal(int with_status, const std::string& why) : StreamsError(why), status(with_status) {}
  int status;
};

/// Answers one request, at once or later. Copies answer the same request.
/// Threads: any. The server need not exist any more.
class Reply {
 public:
  struct Exchange;
  explicit Reply(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  /// False if it was answered before, by the deadline too, or if the client has gone.
  bool send(Response response) const;
  /// Whether an answer would still reach somebody.
  bool waiting() const;
  /// Called once when nobody waits any more: answered, out of time, or the client has gone. At once if that is so.
  /// On whichever thread ends it; must not throw.
  void when_ended(std::function<void()> callback) const;
  /// What is answered at the deadline, instead of the server's own 504: where something may be done all the same.
  void at_deadline(Response response) const;

 private:
  std::shared_ptr<Exchange> exchange_;
};

/// Answers a request: now, or later through a copy of the reply. Called on a thread of the server, which it must not
/// hold up. What it throws becomes an answer: that of a Refusal; 503 where trying again helps (StreamsRebalancing,
/// StateStoreMigrated, StreamsNotStarted), 400 for InvalidArgument, 500 otherwise.
using Handler = std::function<void(const Request&, const Reply&)>;

}  // namespace streams::http
