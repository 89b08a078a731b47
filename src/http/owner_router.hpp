// Finds the instance that has a key, and passes requests on to it.
#pragma once

#include "http/connection.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <memory>

namespace streams::http {

/// Threads: any. stop() before the context of the server ends.
class OwnerRouter {
 public:
  OwnerRouter(asio::io_context& io, HostInfo self) : io_(io), self_(std::move(self)) {}

  /// A handler that answers with `local` where the key is here, and passes on what is not.
  Handler at_owner(OwnerOf owner, Handler local);
  std::size_t passed_on() const { return passed_on_; }
  /// Waits for lookups that are under way; later ones end with 503.
  void stop();

 private:
  struct Search;
  void look_up(const std::shared_ptr<Search>& search);
  void look_up_after(const std::shared_ptr<Search>& search, std::chrono::milliseconds pause);
  void answer_here(const std::shared_ptr<Search>& search);
  /// After a while, if there is time left; else the answer is 503.
  void look_up_later(const std::shared_ptr<Search>& search, const std::string& why);
  void decide(const std::shared_ptr<Search>& search, const std::optional<KeyQueryMetadata>& where);

  asio::io_context& io_;
  const HostInfo self_;
  asio::thread_pool lookups_{1};
  std::atomic<bool> stopped_{false};
  std::atomic<std::size_t> passed_on_{0};
};

}  // namespace streams::http
