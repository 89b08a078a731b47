// Topics in a file, and back: a copy that outlives the cluster.
#pragma once

#include <streams/client.hpp>

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>
#include <vector>

namespace operations {

struct ArchiveOptions {
  std::vector<std::string> topics;
  /// Only records up to this time, in milliseconds since the epoch: how things stood then. Of a compacted topic, what
  /// was replaced since may be gone.
  streams::Timestamp until = std::numeric_limits<streams::Timestamp>::max();
  /// Of each key only the latest of them, and no deletions: a snapshot. It restores tables, not histories.
  bool snapshot = false;
};

struct Archived {
  std::int64_t topics = 0, records = 0;
  friend bool operator==(const Archived&, const Archived&) = default;
};

/// Writes the topics as they are: partitions, settings, and records with keys, values, times and headers, without those
/// of transactions that were aborted or are not finished. Throws std::runtime_error.
Archived archive(streams::client::ClientFactory& clients, const ArchiveOptions& options, std::ostream& file);

/// Makes the topics of an archive, each record in the partition it was in; offsets begin at 0. A topic that exists must
/// be empty. Throws std::runtime_error, also for a file that is damaged or cut off: then some of it may be restored.
Archived restore(streams::client::ClientFactory& clients, std::istream& file);

}  // namespace operations
