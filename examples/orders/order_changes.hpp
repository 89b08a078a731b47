// Changes of orders over HTTP: each is a command in a topic, and is answered by its result.
#pragma once

#include "command_results.hpp"
#include "model.hpp"
#include "record_writer.hpp"
#include "waiting_requests.hpp"

#include <streams/http/server.hpp>

#include <memory>
#include <string>

namespace orders {

/// Adds to a server:
///
///   PUT  /v1/orders/{id}          the order as it shall be; If-Match says what was seen, or * for anything
///   POST /v1/orders/{id}/ship     SHIPPED, if it is VALIDATED; If-Match may be left out: anything
///   POST /v1/orders/{id}/cancel   FAILED, the same
///
/// If-Match is an ETag ("3-VALIDATED"), or a version alone ("3"): then in whichever state.
///
/// The command goes into "orders-commands"; the commands service (order_commands_topology.hpp) decides, and its result
/// in "orders-command-results" is the answer:
///
/// | status | when                                                                                            |
/// |--------|-------------------------------------------------------------------------------------------------|
/// | 200    | done; the body and ETag have the new version and the state                                      |
/// | 400    | If-Match or body make no sense                                                                  |
/// | 404    | the commands service knows no such order (one that was placed just now: try again)              |
/// | 409    | refused: another version is the latest, there was a verdict since, or this cannot be done to    |
/// |        | the order in its state; the body says why, and body and ETag what is the latest                 |
/// | 428    | PUT without If-Match                                                                            |
/// | 500    | the command could not be written                                                                |
/// | 503    | the instance stops: as 504                                                                      |
/// | 504    | no result until the deadline: it may still be done. With If-Match, it is safe to ask again      |
///
/// The same 504 without that sentence comes where nothing was written, as results could not be read in time.
/// A request that waits holds no thread. Any instance takes any of them, as each reads all results.
/// Threads: any.
class OrderChanges {
 public:
  /// `clients`, `writer` and `server` outlive this object, which adds its routes.
  OrderChanges(streams::client::ClientFactory& clients, RecordWriter& writer, streams::http::Server& server,
               const std::string& topic_prefix = "");

  /// Reads results from now on. Before the server starts.
  void start();
  /// After the server has stopped.
  void stop() { results_.reset(); }

 private:
  void send(const streams::http::Request& request, OrderCommand command, const streams::http::Reply& reply);

  streams::client::ClientFactory& clients_;
  RecordWriter& writer_;
  const std::string commands_topic_, results_topic_;
  WaitingRequests<OrderCommandResult> waiting_;  ///< by request id
  std::unique_ptr<CommandResults> results_;
};

/// An order as ETag has it, with the quotation marks: "3-VALIDATED". Its state is in there as a verdict does not count
/// the version up.
std::string etag(std::int32_t version, OrderState state);

}  // namespace orders
