// Changes of orders over HTTP.
#include "order_changes.hpp"

#include "order_body.hpp"
#include "topics.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <utility>

namespace orders {

namespace http = streams::http;

namespace {

/// 128 random bits: no two instances choose the same.
std::string new_request_id() {
  std::random_device random;
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%08x%08x%08x%08x", random(), random(), random(), random());
  return text.data();
}

/// Puts into the command what If-Match names: "3-VALIDATED", "3", or * for anything.
void expect(OrderCommand& command, const http::Request& request, bool required) {
  const auto header = request.headers.find("if-match");
  if (header == request.headers.end()) {
    if (!required) return;
    throw http::Refusal(428, "Say which version of the order you have seen: If-Match with the ETag of GET, or *.");
  }
  const std::string& text = header->second;
  if (text == "*") return;
  const auto refuse = [&] {
    return http::Refusal(400, "If-Match is the ETag of an order, as in \"2-VALIDATED\", or *, not '" + text + "'.");
  };
  if (text.size() < 3 || text.front() != '"' || text.back() != '"') throw refuse();
  const std::string tag = text.substr(1, text.size() - 2), version = tag.substr(0, tag.find('-'));
  const char* end = version.data() + version.size();
  const auto [rest, failed] = std::from_chars(version.data(), end, command.expected_version);
  if (failed != std::errc() || rest != end || command.expected_version < 1) throw refuse();
  if (version.size() == tag.size()) return;
  try {
    command.expected_state = symbol_from<OrderState>(tag.substr(version.size() + 1));
  } catch (const std::invalid_argument&) {
    throw refuse();
  }
}

/// What is no UTF-8 (a path can hold any bytes) becomes U+FFFD.
std::string json_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

http::Response shown(const OrderCommandResult& result) {
  nlohmann::json body = {{"id", result.order_id}, {"version", result.version}, {"request_id", result.request_id}};
  if (result.state) body["state"] = *result.state;
  int status = 200;
  if (result.outcome == CommandOutcome::kRejected) {
    status = result.version == 0 ? 404 : 409;
    body["status"] = status;
    body["error"] = "The order was not changed: " + result.reason + ".";
  }
  http::Response response{.status = status, .body = json_text(body)};
  if (result.state) response.headers["ETag"] = etag(result.version, *result.state);
  return response;
}

}  // namespace

std::string etag(std::int32_t version, OrderState state) {
  return '"' + std::to_string(version) + '-' + text_of(state) + '"';
}

OrderChanges::OrderChanges(streams::client::ClientFactory& clients, RecordWriter& writer, http::Server& server,
                           const std::string& topic_prefix)
    : clients_(clients),
      writer_(writer),
      commands_topic_(topic_prefix + kCommandsTopic),
      results_topic_(topic_prefix + kCommandResultsTopic) {
  const auto add = [&](const char* method, const char* path, CommandKind kind, const char* asking) {
    server.route(method, path, [this, kind, asking](const http::Request& request, const http::Reply& reply) {
      OrderCommand command;
      command.kind = kind;
      command.writer = asking;
      const bool update = kind == CommandKind::kUpdate;
      expect(command, request, update);
      command.order.id = request.parameters.at("id");
      if (update) command.order = changed_order_from(request.body, command.order.id);
      send(request, std::move(command), reply);
    });
  };
  add("PUT", "/v1/orders/{id}", CommandKind::kUpdate, "web");
  add("POST", "/v1/orders/{id}/ship", CommandKind::kShip, "shipping");
  add("POST", "/v1/orders/{id}/cancel", CommandKind::kCancel, "web");
}

void OrderChanges::start() {
  results_ = std::make_unique<CommandResults>(
      clients_, results_topic_, [this](const OrderCommandResult& result) { waiting_.tell(result.request_id, result); });
}

void OrderChanges::send(const http::Request& request, OrderCommand command, const http::Reply& reply) {
  command.request_id = new_request_id();
  waiting_.add(command.request_id, reply, [](const OrderCommandResult& result) { return shown(result); });
  results_->when_ready([this, command = std::move(command), reply, remaining = request.remaining()] {
    const http::Response unknown = http::failure(
        504, "There was no result of command " + command.request_id + " within " + std::to_string(remaining.count()) +
                 " ms. It may still be done: look at the order, or ask again with If-Match.");
    reply.at_deadline(unknown);
    if (!reply.waiting()) return;
    writer_.write(commands_topic_, command.order.id, json_text(command), [reply, unknown](const auto& status) {
      if (status.ok()) return;  // the result answers
      const bool late = status.code() == streams::StatusCode::kTimedOut;
      reply.send(late ? unknown : http::failure(500, "The command was not written: " + status.message()));
    });
  });
}

}  // namespace orders
