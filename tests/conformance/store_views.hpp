// State stores seen without their types: what processors, listings and queries of the cases work with.
#pragma once

#include "dyn.hpp"

#include <streams/record.hpp>
#include <streams/state_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams::conformance {

/// A stored value with what its kind of store keeps beside it.
struct Row {
  Dyn value;
  std::optional<Timestamp> timestamp;
  std::optional<Headers> headers;
};

/// "VALUE", "VALUE@TS" or "VALUE@TS{name=value}"; "null" for nullopt.
std::string show(const std::optional<Row>& row);
/// Headers as the cases have them: [[name, value], …].
Json to_json(const Headers& headers);
/// {"value", "ts", "headers"}: what the kind has.
Json to_json(const Row& row);

using Rows = std::vector<std::pair<Dyn, Row>>;

/// A value to put, with what the store may keep of its record.
struct NewRow {
  const std::optional<Dyn>& value;  ///< null deletes
  Timestamp timestamp;
  const Headers& headers;
};

class KeyValueView {
 public:
  virtual ~KeyValueView() = default;
  virtual std::optional<Row> get(const Dyn& key) = 0;
  virtual void put(const Dyn& key, const NewRow& row) = 0;
  virtual std::optional<Row> put_if_absent(const Dyn& key, const NewRow& row) = 0;
  virtual std::optional<Row> erase(const Dyn& key) = 0;
  /// Null bounds are open.
  virtual Rows range(const Dyn& from, const Dyn& to, bool reverse) = 0;
  virtual Rows prefix(const std::string& prefix) = 0;
};

/// Keys of windows are Dyn::Window.
class WindowView {
 public:
  virtual ~WindowView() = default;
  virtual void put(const Dyn& key, const NewRow& row, Timestamp start) = 0;
  virtual std::optional<Row> get(const Dyn& key, Timestamp start) = 0;
  virtual std::vector<std::pair<Timestamp, Row>> fetch(const Dyn& key, Timestamp from, Timestamp to, bool backward) = 0;
  /// Null bounds are open.
  virtual Rows fetch_range(const Dyn& key_from, const Dyn& key_to, Timestamp from, Timestamp to) = 0;
  virtual Rows all() = 0;
};

/// A session with its value; the key is a Dyn::Window.
class SessionView {
 public:
  virtual ~SessionView() = default;
  virtual void put(const Windowed<Dyn>& session, const NewRow& row) = 0;
  virtual void remove(const Windowed<Dyn>& session) = 0;
  virtual std::optional<Row> get(const Windowed<Dyn>& session) = 0;
  virtual Rows find(const Dyn& key, Timestamp earliest_end, Timestamp latest_start, bool backward) = 0;
  virtual Rows fetch(const Dyn& key, bool backward) = 0;
  virtual Rows all() = 0;
};

/// A version of a key's value; the timestamp of the row is when it began to hold.
struct Version {
  Row row;
  std::optional<Timestamp> valid_to;
};
/// {"value", "ts", "valid_to"}.
Json to_json(const Version& version);

class VersionedView {
 public:
  virtual ~VersionedView() = default;
  /// The end of the version put: -1 if it is the latest, the smallest Timestamp if it was not taken.
  virtual std::int64_t put(const Dyn& key, const NewRow& row) = 0;
  virtual std::optional<Version> get(const Dyn& key) = 0;
  virtual std::optional<Version> get_as_of(const Dyn& key, Timestamp at) = 0;
  virtual std::vector<Version> versions(const Dyn& key, std::optional<Timestamp> from, std::optional<Timestamp> to,
                                        bool newest_first) = 0;
};

/// All give null if the store is of another kind or other types. `headers`: the kind of store keeps headers.
std::unique_ptr<KeyValueView> key_value_view(StateStore& store, bool headers);
std::unique_ptr<WindowView> window_view(StateStore& store, bool headers);
std::unique_ptr<SessionView> session_view(StateStore& store, bool headers);
std::unique_ptr<VersionedView> versioned_view(StateStore& store);

}  // namespace streams::conformance
