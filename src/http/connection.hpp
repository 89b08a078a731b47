// One connection of an HTTP server: reads a request, has it answered, reads the next.
#pragma once

#include "http/exchange.hpp"
#include "http/target.hpp"

#include <streams/http/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

namespace streams::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;

class Connection;

/// What the connections of a server share. Routes and options do not change while it runs.
struct ServerShared {
  ServerOptions options;
  Routes routes;
  asio::io_context io;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> waiting{0};

  std::mutex mutex;
  std::condition_variable ended;      ///< of a connection
  std::set<Connection*> connections;  ///< that live; under mutex
};

/// Lives as long as something is under way on it. Everything but the constructor runs on its own strand.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<ServerShared> shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Serves; or says that the server is full.
  void start(bool full);
  /// From any thread: who waits gets 503, then it closes.
  void stop();

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;

  void read();
  void on_header(error_code error);
  void on_request(error_code error);
  void refuse(int status, const std::string& why);
  void dispatch(Request request);
  bool set_deadline(Request& request);
  void watch_client();
  void out_of_time();
  void write(Response response);
  void on_written(error_code error, bool keep);
  /// Takes what the client still sends for a moment: closing at once could take the answer away from it.
  void linger();
  void drain();
  void close();
  /// Calls `then` after so long unless arm() or disarm() is called before.
  void arm(std::chrono::steady_clock::time_point when, void (Connection::*then)());
  void disarm();
  void too_slow();

  tcp::socket socket_;
  std::shared_ptr<ServerShared> shared_;
  asio::steady_timer timer_;
  std::uint64_t armed_ = 0;  ///< which call of arm() counts
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::shared_ptr<Reply::Exchange> exchange_;  ///< of the request that waits
  std::chrono::milliseconds timeout_{0};       ///< of that request
  beast::http::response<beast::http::string_body> response_;
  beast::http::response<beast::http::empty_body> go_on_;
  std::array<char, 4096> rest_{};
  bool slow_ = false, keep_ = true, head_ = false;
};

}  // namespace streams::http
