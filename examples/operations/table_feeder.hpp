// From a table to a topic: what was added, changed and deleted since the last time.
#pragma once

#include <streams/client.hpp>

#include <cstdint>
#include <string>

namespace operations {

struct Fed {
  std::int64_t upserts = 0, tombstones = 0;
  friend bool operator==(const Fed&, const Fed&) = default;
};

/// Makes a compacted topic equal to a table in CSV: a line of names, then a line for each row, whose first field is its
/// key. The line as it is becomes the value: to make sense of it, and to refuse it, is for a topology behind the topic
/// (../patterns/cleaning.cpp). Rows that are gone get a tombstone.
///
/// What the table was before is read from the topic itself: nothing is forgotten when this program is not running, and
/// a second call does nothing. It must be the topic's only writer. Throws std::runtime_error.
Fed feed_table(streams::client::ClientFactory& clients, const std::string& csv, const std::string& topic);

}  // namespace operations
