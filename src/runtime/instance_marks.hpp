// What an instance tells the others of itself: in the client.id of its main consumers, which the group's coordinator
// gives back with the assignment.
//
// Source: org.apache.kafka.streams.processor.internals.ClientUtils, StreamsConfig (application.server, client.tag.*).
#pragma once

#include <map>
#include <string>

namespace streams::runtime {

struct InstanceMarks {
  std::string process = {};                      ///< process id; empty: it takes no standby tasks
  std::map<std::string, std::string> tags = {};  ///< client.tag.*; only with a process
  std::string application_server = {};           ///< "host:port"; empty: nobody can ask it
  friend bool operator==(const InstanceMarks&, const InstanceMarks&) = default;
};

/// "<client id>[;process=<id>][;tags=<key>:<value>,...][;application.server=<host:port>]": what a main consumer is
/// called at the broker. Tags must be is_tag().
std::string client_id_with_marks(const std::string& client_id, const InstanceMarks& marks);
InstanceMarks marks_of_client_id(const std::string& client_id);
/// As it is without marks.
std::string client_id_without_marks(const std::string& client_id);

/// Whether it is empty or says host and port.
bool is_endpoint(const std::string& application_server);
/// Whether a key or value of client.tag.* can be told to others.
bool is_tag(const std::string& text);

}  // namespace streams::runtime
