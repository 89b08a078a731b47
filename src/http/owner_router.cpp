// Finds the instance that has a key, and passes requests on to it.
#include "http/owner_router.hpp"

#include "http/outgoing.hpp"

#include <streams/store_query.hpp>

#include <boost/asio/post.hpp>

namespace streams::http {
namespace {

constexpr const char* kHops = "streams-hops";
constexpr std::chrono::milliseconds kPause{50};  ///< between two searches

}  // namespace

/// A request whose owner is being looked for.
struct OwnerRouter::Search {
  Request request;
  Reply reply;
  OwnerOf owner;
  Handler local;
};

Handler OwnerRouter::at_owner(OwnerOf owner, Handler local) {
  return [this, owner = std::move(owner), local = std::move(local)](const Request& request, const Reply& reply) {
    // Who passed it on took this instance for the owner. If it is not, its store says so, and the other looks again.
    if (request.headers.contains(kHops)) return local(request, reply);
    look_up(std::make_shared<Search>(Search{request, reply, owner, local}));
  };
}

void OwnerRouter::look_up(const std::shared_ptr<Search>& search) {
  asio::post(lookups_, [this, search] {
    try {
      decide(search, search->owner(search->request));
    } catch (const UnknownStateStore&) {
      search->reply.send(failure_of_current_exception());
    } catch (const InvalidStateStore& e) {
      look_up_later(search, e.what());
    } catch (...) {
      search->reply.send(failure_of_current_exception());
    }
  });
}

void OwnerRouter::look_up_later(const std::shared_ptr<Search>& search, const std::string& why) {
  if (search->request.remaining() <= kPause || stopped_) {
    Response response = failure(503, why + " Try again.");
    response.headers["Retry-After"] = "1";
    search->reply.send(std::move(response));
    return;
  }
  const auto timer = std::make_shared<asio::steady_timer>(io_, kPause);
  timer->async_wait([this, timer, search](error_code) {
    if (search->reply.waiting()) look_up(search);
  });
}

void OwnerRouter::decide(const std::shared_ptr<Search>& search, const std::optional<KeyQueryMetadata>& where) {
  if (!where || where->active_host == HostInfo::unknown())
    return look_up_later(search, "Which instance has the key is not known at the moment.");
  if (where->partition < 0 || where->active_host == self_) {
    asio::post(io_, [search] {
      try {
        search->local(search->request, search->reply);
      } catch (...) {
        search->reply.send(failure_of_current_exception());
      }
    });
    return;
  }
  const HostInfo host = where->active_host;
  ClientRequest request{
      .method = search->request.method, .target = search->request.target, .body = search->request.body};
  request.headers[kHops] = "1";
  request.headers["timeout"] = std::to_string(search->request.remaining().count());
  if (const auto type = search->request.headers.find("content-type"); type != search->request.headers.end())
    request.headers["content-type"] = type->second;
  ++passed_on_;
  // A little more than the owner has, so that its 504 arrives.
  const auto timeout = search->request.remaining() + std::chrono::seconds(1);
  send_to(io_, host, request, timeout, [this, search, host](Outcome outcome) {
    const bool repeatable = search->request.method == "GET";
    if (!outcome.response.ok()) {
      const std::string why = outcome.response.status().message();
      if (repeatable || !outcome.sent) return look_up_later(search, why);
      search->reply.send(failure(502, why + " What became of the request is not known."));
      return;
    }
    Response response = std::move(outcome.response).value();
    if (response.status == 503 && repeatable)
      return look_up_later(search, host.host + ":" + std::to_string(host.port) + " could not answer at the moment.");
    for (const char* own : {"content-length", "connection", "cache-control"}) response.headers.erase(own);
    response.headers["streams-served-by"] = host.host + ":" + std::to_string(host.port);
    search->reply.send(std::move(response));
  });
}

void OwnerRouter::stop() {
  stopped_ = true;
  lookups_.join();
}

}  // namespace streams::http
