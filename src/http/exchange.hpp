// A request that waits for its answer.
#pragma once

#include <streams/http/message.hpp>

#include <mutex>
#include <optional>
#include <vector>

namespace streams::http {

/// Ends once: with an answer, or without one. Threads: any.
struct Reply::Exchange {
  explicit Exchange(std::function<void(Response)> give) : deliver(std::move(give)) {}

  /// False if it has ended before. nullopt: nobody is there to answer.
  bool end(std::optional<Response> response);
  /// With the answer for this case; `usual` if there is none.
  void out_of_time(Response usual);

  std::mutex mutex;
  bool ended = false;
  std::vector<std::function<void()>> callbacks;
  std::optional<Response> late;  ///< answered at the deadline
  std::function<void(Response)> deliver;
};

/// The answer to what a handler throws; call it where an exception is caught.
Response failure_of_current_exception();

}  // namespace streams::http
