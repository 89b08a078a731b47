// Tables joined by key: the result is a table, and follows both.
#include "pattern.hpp"

namespace patterns {
namespace {

streams::Topology table_join_topology() {
  streams::StreamsBuilder builder;
  const auto homes = builder.table<std::string, std::string>("homes");
  const auto logins = builder.table<std::string, std::string>("last-logins");
  // Unlike a stream-table join, which looks up a row when a record comes, this gives a result when either side changes.
  // Both topics need equally many partitions: rows of one key must meet in one task.
  homes
      .join(logins, [](const std::string& home, const std::string& login) { return home + ", last seen " + login; },
            {.store_name = "whereabouts"})
      .to_stream()
      .to("whereabouts");
  return builder.build();
}

}  // namespace

Pattern table_join_pattern() {
  const Topic<std::string, std::string> homes("homes"), logins("last-logins"), whereabouts("whereabouts");
  return {.name = "table_join",
          .teaches = "tables joined by key; either side's change gives a result",
          .topology = table_join_topology,
          .inputs = {homes, logins},
          .outputs = {whereabouts},
          .steps = {{{homes(1s, "alice", "Oslo"), homes(2s, "bob", "Lagos"), logins(3s, "alice", "Monday")}, 1},
                    {{logins(4s, "alice", "Tuesday")}, 1},
                    {{homes(5s, "alice", "Lima")}, 1},
                    {{homes(6s, "alice", std::nullopt)}, 1}}};
}

}  // namespace patterns
