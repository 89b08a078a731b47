// When punctuations are due.
#include <runtime/punctuation.hpp>

namespace streams::runtime {

Timestamp Punctuation::next(Timestamp due, Timestamp now) const {
  const Timestamp after = due + interval_ms;
  if (now < after) return after;
  return due + ((now - due) / interval_ms + 1) * interval_ms;
}

std::pair<std::shared_ptr<Punctuation>, Timestamp> make_punctuation(streams::detail::NodeBase& node,
                                                                    std::int64_t interval_ms,
                                                                    streams::detail::PunctuationType type,
                                                                    std::function<void(Timestamp)> callback,
                                                                    std::optional<Timestamp> start, Timestamp now) {
  if (interval_ms < 1) throw InvalidArgument("The minimum supported scheduling interval is 1 millisecond.");
  if (start && *start < 0) throw InvalidArgument("The minimum supported start time is the epoch (0).");
  if (!callback) throw NullArgument("A punctuation needs a callback: the one given for " + node.name() + " is empty.");
  auto punctuation = std::make_shared<Punctuation>();
  punctuation->node = &node;
  punctuation->interval_ms = interval_ms;
  punctuation->callback = std::move(callback);
  // Stream time: as soon as there is data. Wall clock: one interval from now.
  Timestamp due = type == streams::detail::PunctuationType::kStreamTime ? 0 : now + interval_ms;
  if (start) due = *start < now ? punctuation->next(*start, now) : *start;
  return {std::move(punctuation), due};
}

}  // namespace streams::runtime
