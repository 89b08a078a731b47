// Session windows: what a user does without a long pause belongs together.
#include "pattern.hpp"

#include <streams/windowed_serdes.hpp>

namespace patterns {
namespace {

streams::Topology sessions_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::string>("songs-played")
      .group_by_key()
      // Nobody knows beforehand where a session begins or ends. A record that comes late may turn out to lie between
      // two of them: both are taken back (null), and one that spans them takes their place.
      .windowed_by(streams::SessionWindows::of_inactivity_gap_and_grace(30min, 2h))
      .count({.store_name = "songs-per-session"})
      .to_stream()
      .to("songs-per-session");
  return builder.build();
}

}  // namespace

Pattern session_windows_pattern() {
  const Topic<std::string, std::string> plays("songs-played");
  const Topic<streams::Windowed<std::string>, std::int64_t> sessions("songs-per-session",
                                                                     streams::session_windowed_serde<std::string>());
  return {.name = "session_windows",
          .teaches = "sessions with a gap; a late record joins two of them",
          .topology = sessions_topology,
          .inputs = {plays},
          .outputs = {sessions},
          .steps = {{{plays(0min, "jo", "Blue")}, 1},
                    {{plays(50min, "jo", "Red")}, 1},
                    {{plays(55min, "sam", "Blue")}, 1},
                    {{plays(25min, "jo", "Green")}, 3}}};
}

}  // namespace patterns
