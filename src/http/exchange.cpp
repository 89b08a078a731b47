// A request that waits for its answer.
#include "http/exchange.hpp"

#include <streams/errors.hpp>
#include <streams/query.hpp>

#include <algorithm>
#include <cstdio>

namespace streams::http {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

bool LessIgnoringCase::operator()(const std::string& a, const std::string& b) const {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [&](char x, char y) { return lower(x) < lower(y); });
}

std::chrono::milliseconds Request::remaining() const {
  const auto left = deadline - std::chrono::steady_clock::now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(0));
}

Response failure(int status, const std::string& why) {
  return {.status = status, .body = "{\"status\":" + std::to_string(status) + ",\"error\":" + quoted(why) + "}"};
}

Response failure_of_current_exception() {
  const auto later = [](const std::exception& e) {
    Response response = failure(503, std::string(e.what()) + " Try again.");
    response.headers["Retry-After"] = "1";
    return response;
  };
  try {
    throw;
  } catch (const Refusal& e) {
    return failure(e.status, e.what());
  } catch (const UnknownStateStore& e) {
    return failure(500, e.what());
  } catch (const StreamsStopped& e) {
    return later(e);
  } catch (const InvalidStateStore& e) {  // rebalancing, migrated, not started, another partition
    return later(e);
  } catch (const InvalidArgument& e) {
    return failure(400, e.what());
  } catch (const std::exception& e) {
    return failure(500, e.what());
  } catch (...) {
    return failure(500, "The handler threw something that is no std::exception.");
  }
}

bool Reply::Exchange::end(std::optional<Response> response) {
  std::vector<std::function<void()>> ended_callbacks;
  std::function<void(Response)> give;
  {
    const std::lock_guard lock(mutex);
    if (ended) return false;
    ended = true;
    ended_callbacks = std::move(callbacks);
    give = std::move(deliver);
  }
  if (response) give(*std::move(response));
  for (const auto& callback : ended_callbacks) callback();
  return true;
}

void Reply::Exchange::out_of_time(Response usual) {
  {
    const std::lock_guard lock(mutex);
    if (late) usual = *std::move(late);
  }
  end(std::move(usual));
}

bool Reply::send(Response response) const { return exchange_->end(std::move(response)); }

bool Reply::waiting() const {
  const std::lock_guard lock(exchange_->mutex);
  return !exchange_->ended;
}

void Reply::when_ended(std::function<void()> callback) const {
  {
    const std::lock_guard lock(exchange_->mutex);
    if (!exchange_->ended) {
      exchange_->callbacks.push_back(std::move(callback));
      return;
    }
  }
  callback();
}

void Reply::at_deadline(Response response) const {
  const std::lock_guard lock(exchange_->mutex);
  exchange_->late = std::move(response);
}

}  // namespace streams::http
