// Starting an application again from another place in its input: what kafka-streams-application-reset does.
//
// The program streams-application-reset does it from a shell; docs/application-reset.md shows both.
#pragma once

#include <streams/client.hpp>
#include <streams/timestamp.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams {

/// Where reading of an application's input topics goes on.
struct ResetPosition {
  /// Which of the functions below made it.
  enum class Kind { kEarliest, kLatest, kOffset, kShift, kTime, kOffsets };
  Kind kind = Kind::kEarliest;                                  ///< how the other fields are meant
  std::int64_t number = 0;                                      ///< of kOffset, kShift and kTime
  std::map<client::TopicPartition, std::int64_t> offsets = {};  ///< of kOffsets: every partition of the input topics

  /// At the first record that is still there.
  static ResetPosition earliest() { return {}; }
  /// Behind the last record.
  static ResetPosition latest() { return {Kind::kLatest, 0, {}}; }
  /// At this offset in every partition. Offsets outside of a partition become its first or its end.
  static ResetPosition at_offset(std::int64_t offset) { return {Kind::kOffset, offset, {}}; }
  /// So many records on from what is committed; back if negative.
  static ResetPosition shifted_by(std::int64_t records) { return {Kind::kShift, records, {}}; }
  /// At the first record that is not older; behind the last one where there is none.
  static ResetPosition at_time(Timestamp time) { return {Kind::kTime, time, {}}; }
  /// At these offsets; every partition of the input topics has to have one.
  static ResetPosition at_offsets(std::map<client::TopicPartition, std::int64_t> offsets) {
    return {Kind::kOffsets, 0, std::move(offsets)};
  }
};

/// What reset_application() does.
struct ResetOptions {
  std::vector<std::string> input_topics = {};  ///< whose offsets are set; those of other topics stay as they are
  ResetPosition position = ResetPosition::earliest();
  /// Which of the application's internal topics are deleted. Absent: all. See is_internal_topic().
  std::optional<std::vector<std::string>> internal_topics = {};
  bool dry_run = false;  ///< changes nothing, and reports what would be done
};

/// What reset_application() did, or would do.
struct ResetReport {
  /// A partition of an input topic, and where reading of it goes on.
  struct Offset {
    client::TopicPartition partition;  ///< which
    std::int64_t before = -1;          ///< what was committed; -1: nothing
    std::int64_t after = 0;            ///< what is committed now
    friend bool operator==(const Offset&, const Offset&) = default;
  };
  std::vector<Offset> offsets = {};              ///< in the order of topics and partitions
  std::vector<std::string> deleted_topics = {};  ///< in the order of names
};

/// Whether a topic's name says that Kafka Streams made it for this application: it begins with the id and '-', and ends
/// like a changelog, a repartition topic or a topic of a foreign-key join. Names alone cannot tell the topics of
/// application "a" from those of an application "a-b": look at a dry run first (Java's tool decides the same way).
bool is_internal_topic(const std::string& topic, const std::string& application_id);

/// Sets the committed offsets of the input topics and deletes the internal topics, so that the application computes
/// everything again. Output topics stay as they are, and so does state on disks: call KafkaStreams::clean_up() on each
/// instance before it starts again.
///
/// Everything is looked at before anything is changed. Throws InvalidArgument if a topic does not exist, is no internal
/// one, or has no offset to go to, and StreamsError if the application still has members (close all instances; those
/// that were killed stay until their sessions end), has a transaction open, or the cluster does not answer. It may be
/// called again after a failure.
///
/// Source: org.apache.kafka.tools.StreamsResetter (KIP-171, KIP-198). Differs from it: a topic that does not exist is
/// an error and not left out; there is no `force`, as librdkafka cannot remove members from a group.
ResetReport reset_application(client::ClientFactory& clients, const std::string& application_id,
                              const ResetOptions& options);

}  // namespace streams
