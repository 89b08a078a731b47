// Finds the instance that has a key, and passes requests on to it.
#include "http/owner_router.hpp"

#include "http/outgoing.hpp"

#include <streams/store_query.hpp>

#include <boost/asio/post.hpp>

namespace streams::http {
namespace {

constexpr const char* kHops = "streams-hops";
constexpr const char* kAgain = "again";             ///< in an answer: nothing was done, as the key is not there
constexpr std::chrono::milliseconds kPause{50};     ///< between two searches
constexpr std::chrono::milliseconds kRecheck{500};  ///< whether the key is still here, while its request waits

}  // namespace

/// A request whose owner is being looked for.
struct OwnerRouter::Search {
  Request request;
  Reply reply;
  OwnerOf owner;
  Handler local;
  bool passed_on = false;  ///< by another instance, to this one
  bool is_here = false;    ///< the handler has it, and may not have answered yet
};

Handler OwnerRouter::at_owner(OwnerOf owner, Handler local) {
  return [this, owner = std::move(owner), local = std::move(local)](const Request& request, const Reply& reply) {
    const auto search = std::make_shared<Search>(Search{request, reply, owner, local});
    // Who passed it on took this instance for the owner. If it is not, its store says so, and the other looks again.
    search->passed_on = request.headers.contains(kHops);
    if (search->passed_on) return answer_here(search);
    look_up(search);
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
  search->is_here = false;
  if (search->passed_on || search->request.remaining() <= kPause || stopped_) {
    Response response = failure(503, why + " Try again.");
    response.headers["Retry-After"] = "1";
    if (search->passed_on) response.headers[kHops] = kAgain;
    search->reply.send(std::move(response));
    return;
  }
  look_up_after(search, kPause);
}

void OwnerRouter::look_up_after(const std::shared_ptr<Search>& search, std::chrono::milliseconds pause) {
  const auto timer = std::make_shared<asio::steady_timer>(io_, pause);
  timer->async_wait([this, timer, search](error_code) {
    if (search->reply.waiting()) look_up(search);
  });
}

/// Has it answered by this instance's handler, and watches over the key's place until it is.
void OwnerRouter::answer_here(const std::shared_ptr<Search>& search) {
  if (!search->is_here) {
    try {
      search->local(search->request, search->reply);
      search->is_here = true;
    } catch (const UnknownStateStore&) {
      search->reply.send(failure_of_current_exception());
    } catch (const InvalidStateStore& e) {
      return look_up_later(search, e.what());
    } catch (...) {
      search->reply.send(failure_of_current_exception());
    }
  }
  if (search->reply.waiting()) look_up_after(search, kRecheck);
}

void OwnerRouter::decide(const std::shared_ptr<Search>& search, const std::optional<KeyQueryMetadata>& where) {
  if (!where || where->active_host == HostInfo::unknown())
    return look_up_later(search, "Which instance has the key is not known at the moment.");
  if (where->partition < 0 || where->active_host == self_) {
    asio::post(io_, [this, search] { answer_here(search); });
    return;
  }
  if (search->passed_on) return look_up_later(search, "The key has moved to another instance.");
  search->is_here = false;
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
    const auto hops = response.headers.find(kHops);
    const bool again = hops != response.headers.end() && hops->second == kAgain;
    if (again || (response.status == 503 && repeatable))
      return look_up_later(search, host.endpoint() + " could not answer at the moment.");
    for (const char* own : {"content-length", "connection", "cache-control"}) response.headers.erase(own);
    response.headers["streams-served-by"] = host.endpoint();
    search->reply.send(std::move(response));
  });
}

void OwnerRouter::stop() {
  stopped_ = true;
  lookups_.join();
}

}  // namespace streams::http
