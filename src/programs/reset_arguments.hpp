// The command line of streams-application-reset: the options of kafka-streams-application-reset.sh.
#pragma once

#include <streams/application_reset.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace streams::programs {

struct ResetArguments {
  std::string application_id;
  client::Settings settings;  ///< of the clients: those of --command-config, then bootstrap.servers
  ResetOptions options;
  bool help = false;
};

/// Throws InvalidArgument: which option, what is wrong with it. Reads the files that it names.
ResetArguments parse_reset_arguments(const std::vector<std::string>& words, Timestamp now);

/// "2026-11-22T01:30:00.000", with "Z", "+01", "+0100" or "+01:00" behind it or as UTC; ms since 1970.
Timestamp parse_datetime(std::string_view text);

/// "P1DT2H3M4.5S" (ISO 8601; days have 24 hours), in ms.
std::int64_t parse_duration(std::string_view text);

/// Lines "topic,partition,offset".
std::map<client::TopicPartition, std::int64_t> parse_offsets(std::string_view csv);

extern const char* const kResetUsage;

}  // namespace streams::programs
