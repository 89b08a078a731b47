// One connection of an HTTP server: reads a request, has it answered, reads the next.
#include "http/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/core/string.hpp>

#include <charconv>

namespace streams::http {

namespace bhttp = beast::http;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kLinger{2};

template <class View>
std::string text(const View& view) {
  return {view.data(), view.size()};
}

std::string say(std::chrono::milliseconds time) { return std::to_string(time.count()) + " ms"; }

}  // namespace

Connection::Connection(tcp::socket socket, std::shared_ptr<ServerShared> shared)
    : socket_(std::move(socket)), shared_(std::move(shared)), timer_(socket_.get_executor()) {
  const std::lock_guard lock(shared_->mutex);
  shared_->connections.insert(this);
}

Connection::~Connection() {
  const std::lock_guard lock(shared_->mutex);
  shared_->connections.erase(this);
  shared_->ended.notify_all();
}

void Connection::start(bool full) {
  asio::post(socket_.get_executor(), [self = shared_from_this(), full] {
    error_code ignored;
    self->socket_.set_option(tcp::no_delay(true), ignored);
    if (full) {
      self->refuse(503, "The server has as many connections as it takes (" +
                            std::to_string(self->shared_->options.max_connections) + "). Try again.");
    } else {
      self->read();
    }
  });
}

void Connection::stop() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->exchange_) return self->close();
    Response response = failure(503, "The server is being stopped. Ask another instance, or again in a while.");
    response.headers["Retry-After"] = "1";
    self->exchange_->end(std::move(response));
  });
}

void Connection::arm(Clock::time_point when, void (Connection::*then)()) {
  const std::uint64_t number = ++armed_;
  timer_.expires_at(when);
  timer_.async_wait([self = shared_from_this(), number, then](error_code error) {
    if (!error && number == self->armed_) (self.get()->*then)();
  });
}

void Connection::disarm() {
  ++armed_;
  timer_.cancel();
}

void Connection::too_slow() {
  slow_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::read() {
  if (shared_->stopping) return close();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(shared_->options.max_header_bytes));
  parser_->body_limit(shared_->options.max_body_bytes);
  arm(Clock::now() + shared_->options.read_timeout, &Connection::too_slow);
  bhttp::async_read_header(socket_, buffer_, *parser_,
                           [self = shared_from_this()](error_code error, std::size_t) { self->on_header(error); });
}

void Connection::on_header(error_code error) {
  if (error) return on_request(error);
  const auto rest = [self = shared_from_this()](error_code failed, std::size_t) {
    if (failed) return self->on_request(failed);
    bhttp::async_read(self->socket_, self->buffer_, *self->parser_,
                      [self](error_code e, std::size_t) { self->on_request(e); });
  };
  if (!beast::iequals(parser_->get()[bhttp::field::expect], "100-continue")) return rest(error, 0);
  go_on_ = {bhttp::status::continue_, parser_->get().version()};
  bhttp::async_write(socket_, go_on_, rest);
}

void Connection::on_request(error_code error) {
  disarm();
  if (error) {
    const ServerOptions& options = shared_->options;
    const bool begun = buffer_.size() > 0 || parser_->got_some() || parser_->is_header_done();
    if (slow_ && begun) return refuse(408, "The request did not arrive within " + say(options.read_timeout) + ".");
    if (error == bhttp::error::body_limit)
      return refuse(413, "The body is larger than the " + std::to_string(options.max_body_bytes) + " bytes allowed.");
    if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow)
      return refuse(431,
                    "The header is larger than the " + std::to_string(options.max_header_bytes) + " bytes allowed.");
    if (error.category() == make_error_code(bhttp::error::bad_method).category() &&
        error != bhttp::error::end_of_stream && error != bhttp::error::partial_message)
      return refuse(400, "This is not HTTP/1.1: " + error.message() + ".");
    return close();
  }
  const auto& message = parser_->get();
  keep_ = message.keep_alive();
  Request request;
  request.method = text(message.method_string());
  head_ = request.method == "HEAD";
  if (head_) request.method = "GET";
  if (!take_apart(text(message.target()), request)) {
    keep_ = false;
    return write(failure(400, "The target '" + text(message.target()) +
                                  "' is not a path, or has a percent sign that two hexadecimal digits do not follow."));
  }
  for (const auto& field : message) request.headers[text(field.name_string())] = text(field.value());
  request.body = std::move(parser_->get().body());
  dispatch(std::move(request));
}

void Connection::refuse(int status, const std::string& why) {
  keep_ = false;
  write(failure(status, why));
}

bool Connection::set_deadline(Request& request) {
  timeout_ = shared_->options.default_timeout;
  const auto header = request.headers.find("timeout");
  const auto query = request.query.find("timeout");
  const std::string* wanted = header != request.headers.end() ? &header->second
                              : query != request.query.end()  ? &query->second
                                                              : nullptr;
  if (wanted != nullptr) {
    std::int64_t number = -1;
    const auto [end, failed] = std::from_chars(wanted->data(), wanted->data() + wanted->size(), number);
    if (failed != std::errc() || end != wanted->data() + wanted->size() || number < 0 ||
        number > shared_->options.max_timeout.count()) {
      write(failure(400, "The timeout is a whole number of milliseconds up to " +
                             std::to_string(shared_->options.max_timeout.count()) + ", not '" + *wanted + "'."));
      return false;
    }
    timeout_ = std::chrono::milliseconds(number);
  }
  request.deadline = Clock::now() + timeout_;
  return true;
}

void Connection::dispatch(Request request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  Routes::Match match = shared_->routes.find(request.method, path);
  if (match.handler == nullptr) {
    if (match.allowed.empty()) return write(failure(404, "There is no resource " + request.path + " here."));
    Response response = failure(405, request.path + " takes " + match.allowed + ", not " + request.method + ".");
    response.headers["Allow"] = match.allowed;
    return write(std::move(response));
  }
  request.parameters = std::move(match.parameters);
  if (!set_deadline(request)) return;

  exchange_ = std::make_shared<Reply::Exchange>([weak = weak_from_this()](Response response) {
    const auto self = weak.lock();
    if (!self) return;
    asio::post(self->socket_.get_executor(), [self, answer = std::move(response)]() mutable {
      self->disarm();
      self->exchange_.reset();
      --self->shared_->waiting;
      self->write(std::move(answer));
    });
  });
  ++shared_->waiting;
  const Reply reply(exchange_);
  arm(request.deadline, &Connection::out_of_time);
  watch_client();
  try {
    (*match.handler)(request, reply);
  } catch (...) {
    reply.send(failure_of_current_exception());
  }
  if (shared_->stopping) stop();
}

void Connection::watch_client() {
  if (buffer_.size() > 0) return;  // it has sent its next request already
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this(), exchange = exchange_](error_code error) {
    if (error || exchange != self->exchange_) return;
    char byte = 0;
    error_code failed;
    self->socket_.non_blocking(true, failed);
    self->socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, failed);
    if (!failed || failed == asio::error::would_block) return;  // the next request
    if (exchange->end(std::nullopt)) {
      --self->shared_->waiting;
      self->exchange_.reset();
      self->close();
    }
  });
}

void Connection::out_of_time() {
  if (exchange_) exchange_->out_of_time(failure(504, "There was no answer within " + say(timeout_) + "."));
}

void Connection::write(Response answer) {
  keep_ = keep_ && !shared_->stopping;
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(answer.status));
  response_.set(bhttp::field::content_type, answer.content_type);
  response_.set(bhttp::field::cache_control, "no-store");
  for (const auto& [name, value] : answer.headers) response_.set(name, value);
  response_.keep_alive(keep_);
  response_.content_length(answer.body.size());
  if (!head_) response_.body() = std::move(answer.body);
  arm(Clock::now() + shared_->options.read_timeout, &Connection::too_slow);
  bhttp::async_write(socket_, response_, [self = shared_from_this()](error_code error, std::size_t) {
    self->on_written(error, self->keep_);
  });
}

void Connection::on_written(error_code error, bool keep) {
  disarm();
  if (error) return close();
  if (keep) return read();
  linger();
}

void Connection::linger() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  arm(Clock::now() + kLinger, &Connection::close);
  drain();
}

void Connection::drain() {
  if (shared_->stopping) return close();
  socket_.async_read_some(asio::buffer(rest_), [self = shared_from_this()](error_code error, std::size_t) {
    error ? self->close() : self->drain();
  });
}

void Connection::close() {
  disarm();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace streams::http
