// Scheduled punctuations, by due time.
//
// Source: org.apache.kafka.streams.processor.internals.PunctuationQueue, PunctuationSchedule.
#pragma once

#include <runtime/task_heap.hpp>
#include <streams/detail/node.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace streams::runtime {

/// One schedule; handed to the user as Cancellable.
struct Punctuation final : streams::detail::Cancellable {
  streams::detail::NodeBase* node = nullptr;
  std::int64_t interval_ms = 0;
  std::function<void(Timestamp)> callback;
  bool cancelled = false;

  void cancel() override { cancelled = true; }
  /// The first due time after one that was due at `due` and fired at `now`: missed ones are left out, the grid stays.
  Timestamp next(Timestamp due, Timestamp now) const;
};

class PunctuationQueue {
 public:
  void schedule(std::shared_ptr<Punctuation> punctuation, Timestamp first_due) {
    heap_.push({first_due, std::move(punctuation)});
  }
  bool due(Timestamp now) const { return !heap_.empty() && heap_.top().due <= now; }
  std::optional<Timestamp> next_due() const { return heap_.empty() ? std::nullopt : std::optional(heap_.top().due); }
  void clear() { heap_.clear(); }

  /// Calls `fire(punctuation)` for each that is due at `now`, and schedules it anew. True if any was called.
  template <class Fire>
  bool run(Timestamp now, Fire&& fire) {
    bool fired = false;
    while (due(now)) {
      Entry entry = heap_.pop();
      if (entry.punctuation->cancelled) continue;
      fire(*entry.punctuation);
      fired = true;
      if (entry.punctuation->cancelled) continue;
      entry.due = entry.punctuation->next(entry.due, now);
      heap_.push(std::move(entry));
    }
    return fired;
  }

 private:
  struct Entry {
    Timestamp due;
    std::shared_ptr<Punctuation> punctuation;
  };
  struct Earlier {
    bool operator()(const Entry& a, const Entry& b) const { return a.due < b.due; }
  };
  TaskHeap<Entry, Earlier> heap_;
};

/// A schedule and when it is due for the first time. `start` given: on the grid start + k * interval, not before `now`.
/// Throws InvalidArgument for an interval below 1 ms or a negative start.
std::pair<std::shared_ptr<Punctuation>, Timestamp> make_punctuation(streams::detail::NodeBase& node,
                                                                    std::int64_t interval_ms,
                                                                    streams::detail::PunctuationType type,
                                                                    std::function<void(Timestamp)> callback,
                                                                    std::optional<Timestamp> start, Timestamp now);

}  // namespace streams::runtime
