// What the persistent stores in a task's folder are, written down beside their rows, so that state of a former version
// of the topology is not taken for something else.
//
// File "stores" in the folder, version 1 (stored on disk: a change needs a new first line): "stores 1", then a line per
// store: name, kind, layout, changelog topic, separated by tabs.
#pragma once

#include <runtime/log.hpp>
#include <runtime/state_directory.hpp>
#include <streams/detail/topology_plan.hpp>
#include <streams/status.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streams::runtime {

/// One store as its rows were, or are to be, written.
struct StoredStore {
  std::string name;
  std::string kind;       ///< "key-value store", ...: what its changelog holds too
  std::string layout;     ///< what else the form of its rows depends on
  std::string changelog;  ///< topic; empty: none
  friend bool operator==(const StoredStore&, const StoredStore&) = default;
};

/// The persistent stores of a sub-topology, or the global ones (nullopt).
std::vector<StoredStore> persistent_stores(const streams::detail::TopologyPlan& topology,
                                           std::optional<int> sub_topology, const std::string& application_id);

std::string write_stores(const std::vector<StoredStore>& stores);
/// nullopt if the text is not what write_stores() gives.
std::optional<std::vector<StoredStore>> parse_stores(std::string_view text);

/// What is to be done with state that was written as the file says.
struct StoresCheck {
  std::string refusal;            ///< why it must not be used, and what to do; empty: it may be
  std::string outdated;           ///< why it has to be restored from its changelogs; empty: it need not be
  std::vector<StoredStore> gone;  ///< stores that the topology does not have any more
};

/// Compares the stores of a task's folder, as they were written and as the topology wants them.
StoresCheck check_stores(const std::vector<StoredStore>& written, const std::vector<StoredStore>& wanted,
                         const streams::detail::TopologyPlan& topology, TaskId task, const std::string& application_id,
                         const std::string& folder);

/// What the folder's file says; nullopt if there is none, or no database beside it.
std::optional<std::vector<StoredStore>> read_stores(const TaskFolder& folder);
Status save_stores(const TaskFolder& folder, const std::vector<StoredStore>& stores);

}  // namespace streams::runtime
