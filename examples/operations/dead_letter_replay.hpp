// Replay of dead letters: what could not be read goes back to the topic it came from, once each.
#pragma once

#include <streams/client.hpp>
#include <streams/embedded_cluster.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace operations {

struct ReplayOptions {
  std::string dead_letters;               ///< the topic, as log_and_continue("...-dlq") fills it
  std::string group = "replay";           ///< how far it has come is kept under this name, for the next time
  std::optional<std::string> given_up{};  ///< where letters go that cannot be repaired; nullopt: nowhere
  /// The record as it should have been. nullopt: nothing can be done about it. Left out: as it is, for a reader that
  /// has learnt to read it.
  std::function<std::optional<streams::StoredRecord>(streams::StoredRecord)> repair{};
};

struct Replayed {
  std::int64_t sent_back = 0, given_up = 0;
  friend bool operator==(const Replayed&, const Replayed&) = default;
};

/// Sends every letter that is there now, and was not replayed before, back to the topic and the partition that its
/// headers name (KIP-1034), with its key, its time, and header "replayed". What becomes a dead letter again stays there
/// until the next call.
///
/// Records and the position in the dead letters are one transaction: whatever fails, throws and is called again, each
/// letter is sent back once, as readers with isolation.level=read_committed see it. Two calls at the same time share
/// the work only if their groups differ. Throws std::runtime_error, and what `repair` throws.
Replayed replay_dead_letters(streams::client::ClientFactory& clients, const ReplayOptions& options);

}  // namespace operations
