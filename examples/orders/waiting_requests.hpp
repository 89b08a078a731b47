// Requests that wait for something to happen to a key.
#pragma once

#include <streams/http/message.hpp>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace orders {

/// Many may wait for one key, each until it is told what it waits for, its time is up, or its client has gone.
/// Threads: any.
template <class Event>
class WaitingRequests {
 public:
  /// The answer to what happened; nullopt: not what is waited for.
  using Answer = std::function<std::optional<streams::http::Response>(const Event&)>;

  /// Whoever looks whether it has happened already does so after this: then nothing is missed.
  void add(const std::string& key, const streams::http::Reply& reply, Answer answer) {
    std::shared_ptr<State> state = state_;
    typename List::iterator place;
    {
      const std::lock_guard lock(state->mutex);
      List& list = state->waiting[key];
      place = list.insert(list.end(), {reply, std::move(answer)});
    }
    reply.when_ended([weak = std::weak_ptr<State>(state), key, place] {
      const auto alive = weak.lock();
      if (!alive) return;
      const std::lock_guard lock(alive->mutex);
      const auto found = alive->waiting.find(key);
      found->second.erase(place);
      if (found->second.empty()) alive->waiting.erase(found);
    });
  }

  /// Answers those who wait for this.
  void tell(const std::string& key, const Event& event) {
    std::list<std::pair<streams::http::Reply, streams::http::Response>> answers;
    {
      const std::lock_guard lock(state_->mutex);
      const auto found = state_->waiting.find(key);
      if (found == state_->waiting.end()) return;
      for (const Waiting& one : found->second) {
        if (auto response = one.answer(event)) answers.emplace_back(one.reply, *std::move(response));
      }
    }
    for (auto& [reply, response] : answers) reply.send(std::move(response));  // takes them off the list
  }

  std::size_t size() const {
    const std::lock_guard lock(state_->mutex);
    std::size_t count = 0;
    for (const auto& [key, list] : state_->waiting) count += list.size();
    return count;
  }

 private:
  struct Waiting {
    streams::http::Reply reply;
    Answer answer;
  };
  using List = std::list<Waiting>;
  struct State {
    std::mutex mutex;
    std::map<std::string, List> waiting;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace orders
