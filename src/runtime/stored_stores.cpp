// Writing down what stores are, and judging what a former version of the topology left.
#include <runtime/stored_stores.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace streams::runtime {

using streams::detail::StoreKind;
using streams::detail::StoreSpec;
using streams::detail::SubTopology;
using streams::detail::TopologyPlan;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFirstLine = "stores 1";
constexpr std::size_t kColumns = 4;
constexpr std::size_t kGeneratedDigits = 10;

std::string file_of(const TaskFolder& folder) { return folder.path() + "/stores"; }

std::string kind_of(const StoreSpec& spec) {
  switch (spec.kind) {
    case StoreKind::kKeyValue:
      return "key-value store";
    case StoreKind::kWindow:
      return spec.retain_duplicates ? "window store with duplicates" : "window store";
    case StoreKind::kSession:
      return "session store";
    case StoreKind::kVersioned:
      return "versioned key-value store";
    case StoreKind::kOther:
      break;
  }
  return "store of its own kind";
}

std::string format_of(state::ValueFormat format) {
  switch (format) {
    case state::ValueFormat::kPlain:
      return "plain values";
    case state::ValueFormat::kTimestamped:
      return "timestamps";
    case state::ValueFormat::kTimestampedHeaders:
      return "timestamps and headers";
    case state::ValueFormat::kHeaders:
      break;
  }
  return "headers";
}

/// Rows of windows, sessions and old versions begin with their segment of time.
std::string layout_of(const StoreSpec& spec) {
  std::string out = format_of(spec.format);
  std::int64_t segment = 0;
  if (spec.kind == StoreKind::kWindow)
    segment = state::WindowSpec{.retention_ms = spec.retention_ms, .segment_interval_ms = spec.segment_interval_ms}
                  .segment_interval();
  if (spec.kind == StoreKind::kSession)
    segment = state::SessionSpec{.retention_ms = spec.retention_ms, .segment_interval_ms = spec.segment_interval_ms}
                  .segment_interval();
  if (spec.kind == StoreKind::kVersioned)
    segment = state::VersionedSpec{spec.retention_ms, spec.segment_interval_ms}.segment_interval();
  if (segment > 0) out += text(", segments of ", segment, " ms");
  if (spec.time_ordered) out += ", an index of times";
  return out;
}

/// Its name without the number that counts operators; the name itself if it was given by the user.
std::string without_number(const std::string& name) {
  std::string out;
  std::size_t digits = 0;
  for (const char c : name) {
    digits = std::isdigit(static_cast<unsigned char>(c)) != 0 ? digits + 1 : 0;
    out += c;
    if (digits == kGeneratedDigits) out.replace(out.size() - kGeneratedDigits, kGeneratedDigits, "#");
  }
  return out;
}

const StoredStore* find(const std::vector<StoredStore>& stores, const std::string& name) {
  const auto found = std::find_if(stores.begin(), stores.end(), [&](const StoredStore& s) { return s.name == name; });
  return found == stores.end() ? nullptr : &*found;
}

std::optional<int> sub_topology_of(const TopologyPlan& topology, const std::string& store) {
  for (const SubTopology& sub : topology.sub_topologies()) {
    if (sub.global) continue;
    if (std::find(sub.stores.begin(), sub.stores.end(), store) != sub.stores.end()) return sub.id;
  }
  return std::nullopt;
}

std::string reset(const std::string& application_id) {
  return text("stop all instances, reset the application (kafka-streams-application-reset.sh --application-id ",
              application_id, "), which deletes its internal topics, and delete the state directory of each ",
              "(KafkaStreams::clean_up())");
}

constexpr const char* kNameThem =
    " Numbers in generated names count the operators of a topology: give stores, joins and repartition topics names, "
    "then a new operator changes nothing for the others.";

class Check {
 public:
  Check(const TopologyPlan& topology, TaskId task, const std::string& application_id, const std::string& folder)
      : topology_(topology), task_(task), application_id_(application_id), folder_(folder) {}

  StoresCheck run(const std::vector<StoredStore>& written, const std::vector<StoredStore>& wanted) {
    for (const StoredStore& before : written) {
      if (!out_.refusal.empty()) return std::move(out_);
      if (const StoredStore* now = find(wanted, before.name)) {
        compare(before, *now);
      } else {
        missing(before, written, wanted);
      }
    }
    if (out_.outdated.empty() || !out_.refusal.empty()) return std::move(out_);
    const auto lost = std::find_if(wanted.begin(), wanted.end(), [](const auto& s) { return s.changelog.empty(); });
    if (lost != wanted.end() && find(written, lost->name) != nullptr)
      refuse(out_.outdated, ", and store ", lost->name, " of the same task cannot be restored, as it has no ",
             "changelog. Delete the directory if it may be lost, or go back to the former version of the topology.");
    return std::move(out_);
  }

 private:
  void compare(const StoredStore& before, const StoredStore& now) {
    // A source topic has no former kind of records.
    const bool own_changelog = now.changelog == application_id_ + "-" + now.name + "-changelog";
    if (before.kind != now.kind && (own_changelog || now.changelog.empty())) {
      refuse("store ", now.name, " as a ", before.kind, ", but now it is a ", now.kind,
             now.changelog.empty() ? "" : ". Its changelog " + now.changelog + " holds the former kind as well",
             ". Give the new store another name, or ", reset(application_id_), ".");
    } else if (before.kind != now.kind || before.layout != now.layout) {
      out_.outdated = text("store ", now.name, " was a ", before.kind, " with ", before.layout, " and is a ", now.kind,
                           " with ", now.layout, " now");
    } else if (before.changelog != now.changelog && !before.changelog.empty() && !now.changelog.empty()) {
      out_.outdated =
          text("the changelog of store ", now.name, " was ", before.changelog, " and is ", now.changelog, " now");
    }
  }

  void missing(const StoredStore& before, const std::vector<StoredStore>& written,
               const std::vector<StoredStore>& wanted) {
    if (const auto elsewhere = sub_topology_of(topology_, before.name); elsewhere && *elsewhere != task_.sub_topology) {
      return refuse("store ", before.name, ", which belongs to sub-topology ", *elsewhere, " now. Delete the state ",
                    "directory (KafkaStreams::clean_up()): stores are restored from their changelogs.", kNameThem);
    }
    for (const StoredStore& now : wanted) {
      const bool renumbered = before.name != now.name && without_number(before.name) == without_number(now.name);
      if (!renumbered || find(written, now.name) != nullptr) continue;
      return refuse("store ", before.name, ", but now the topology has ", now.name, " in its place, which would begin ",
                    "empty. To begin anew, ", reset(application_id_), ".", kNameThem);
    }
    out_.gone.push_back(before);
  }

  template <class... Parts>
  void refuse(const Parts&... what) {
    out_.refusal = text("Directory ", folder_, " has state of a former version of the topology: ", what...);
  }

  const TopologyPlan& topology_;
  const TaskId task_;
  const std::string& application_id_;
  const std::string& folder_;
  StoresCheck out_;
};

}  // namespace

std::vector<StoredStore> persistent_stores(const TopologyPlan& topology, std::optional<int> sub_topology,
                                           const std::string& application_id) {
  std::vector<StoredStore> out;
  if (!sub_topology) {
    for (const auto& global : topology.global_stores()) {
      if (!global.store.persistent) continue;
      out.push_back({global.store.name, kind_of(global.store), layout_of(global.store), global.topic});
    }
    return out;
  }
  for (const SubTopology& sub : topology.sub_topologies()) {
    if (sub.global || sub.id != *sub_topology) continue;
    for (const std::string& name : sub.stores) {
      const StoreSpec& spec = topology.store(name);
      if (!spec.persistent) continue;
      std::string changelog = topology.changelog_topic(name);
      if (!changelog.empty() && !topology.changelog_is_source_topic(name))
        changelog.insert(0, application_id + "-");
      else if (!changelog.empty())
        changelog = topology.full_topic_name(changelog, application_id);
      out.push_back({name, kind_of(spec), layout_of(spec), std::move(changelog)});
    }
  }
  return out;
}

std::string write_stores(const std::vector<StoredStore>& stores) {
  std::string out(kFirstLine);
  out += '\n';
  for (const StoredStore& store : stores) {
    out += text(store.name, '\t', store.kind, '\t', store.layout, '\t', store.changelog, '\n');
  }
  return out;
}

std::optional<std::vector<StoredStore>> parse_stores(std::string_view text) {
  std::vector<StoredStore> out;
  for (bool first = true; first || !text.empty(); first = false) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first && line != kFirstLine) return std::nullopt;
    if (first) continue;
    std::vector<std::string> columns;
    for (std::size_t tab = 0; tab != std::string_view::npos; line.remove_prefix(tab + 1)) {
      tab = line.find('\t');
      columns.emplace_back(line.substr(0, tab));
      if (tab == std::string_view::npos) break;
    }
    if (columns.size() != kColumns) return std::nullopt;
    out.push_back({columns[0], columns[1], columns[2], columns[3]});
  }
  return out;
}

StoresCheck check_stores(const std::vector<StoredStore>& written, const std::vector<StoredStore>& wanted,
                         const TopologyPlan& topology, TaskId task, const std::string& application_id,
                         const std::string& folder) {
  return Check(topology, task, application_id, folder).run(written, wanted);
}

std::optional<std::vector<StoredStore>> read_stores(const TaskFolder& folder) {
  std::error_code error;
  if (!fs::exists(folder.path() + "/state", error)) return std::nullopt;
  std::ifstream in(file_of(folder), std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return parse_stores(content);
}

Status save_stores(const TaskFolder& folder, const std::vector<StoredStore>& stores) {
  const std::string file = file_of(folder);
  const std::string whole = file + ".tmp";
  std::ofstream out(whole, std::ios::trunc | std::ios::binary);
  out << write_stores(stores);
  out.close();
  std::error_code error;
  if (out) fs::rename(whole, file, error);
  if (out && !error) return {};
  return {StatusCode::kIo, text("Cannot write ", file, ": ", error ? error.message() : "is the disk full?")};
}

}  // namespace streams::runtime
