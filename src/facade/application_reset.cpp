// Setting offsets back and deleting internal topics.
#include <streams/application_reset.hpp>

#include <streams/errors.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace streams {

namespace {

using client::OffsetRange;
using client::TopicPartition;
using Offsets = std::map<TopicPartition, std::int64_t>;
using Ranges = std::map<TopicPartition, OffsetRange>;

constexpr int kPatienceMs = 60000;

template <class T>
T value_or_throw(Result<T> result) {
  if (!result.ok()) throw StreamsError(result.status().message());
  return std::move(result).value();
}

void throw_if_failed(const Status& status) {
  if (!status.ok()) throw StreamsError(status.message());
}

std::string text_of(const TopicPartition& partition) {
  return partition.topic + "-" + std::to_string(partition.partition);
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// "...-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000006-topic", as joins without names have it.
bool is_of_foreign_key_join(std::string_view name) {
  constexpr std::string_view kEnd = "-topic";
  if (!name.ends_with(kEnd)) return false;
  name.remove_suffix(kEnd.size());
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  if (digits == name.size()) return false;
  name = name.substr(0, digits);
  return name.ends_with("-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-") ||
         name.ends_with("-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-");
}

void refuse_while_running(client::Admin& admin, const std::string& application_id) {
  auto described = admin.describe_group(application_id, kPatienceMs);
  if (described.status().code() == StatusCode::kNotFound) return;  // it never ran
  const client::GroupDescription group = value_or_throw(std::move(described));
  if (group.members.empty()) return;
  std::vector<std::string> members;
  for (const client::GroupMember& member : group.members) members.push_back(member.client_id + " on " + member.host);
  throw StreamsError("Application " + application_id + " is running: its group has the members " + list(members) +
                     ". Close all instances first. Those that were killed remain until their sessions end "
                     "(session.timeout.ms).");
}

std::vector<TopicPartition> input_partitions(const ResetOptions& options,
                                             const std::map<std::string, std::int32_t>& topics) {
  std::vector<std::string> missing;
  std::set<TopicPartition> partitions;
  for (const std::string& topic : options.input_topics) {
    const auto found = topics.find(topic);
    if (found == topics.end()) {
      missing.push_back(topic);
      continue;
    }
    for (std::int32_t i = 0; i < found->second; ++i) partitions.insert({topic, i});
  }
  if (!missing.empty()) {
    throw InvalidArgument("Input topics " + list(missing) + " do not exist. Nothing was changed; correct the names.");
  }
  return {partitions.begin(), partitions.end()};
}

std::vector<std::string> topics_to_delete(const std::string& application_id, const ResetOptions& options,
                                          const std::map<std::string, std::int32_t>& topics) {
  std::set<std::string> internal;
  for (const auto& [topic, partitions] : topics) {
    if (is_internal_topic(topic, application_id)) internal.insert(topic);
  }
  if (options.internal_topics) {
    for (const std::string& topic : *options.internal_topics) {
      if (internal.contains(topic)) continue;
      throw InvalidArgument("Topic " + topic + " is no internal topic of application " + application_id +
                            ", or does not exist. Nothing was changed; a dry run without a choice of internal topics "
                            "shows those that there are.");
    }
    internal = {options.internal_topics->begin(), options.internal_topics->end()};
  }
  return {internal.begin(), internal.end()};
}

std::int64_t shifted(const client::OffsetAndMetadata& committed, const OffsetRange& range, std::int64_t records) {
  if (committed.offset < 0) {
    throw InvalidArgument("Nothing is committed for " + text_of(committed.partition) +
                          " that could be shifted. Choose a position or an offset instead.");
  }
  // Both ends are in the range, which keeps sums of any numbers from overflowing.
  const std::int64_t from = std::clamp(committed.offset, range.earliest, range.latest);
  return records < 0 ? from + std::max(records, range.earliest - from) : from + std::min(records, range.latest - from);
}

std::int64_t named_offset(const Offsets& offsets, const TopicPartition& partition) {
  const auto found = offsets.find(partition);
  if (found == offsets.end()) throw InvalidArgument("No offset is given for " + text_of(partition) + ".");
  return found->second;
}

void refuse_others(const Offsets& offsets, const Ranges& ranges) {
  for (const auto& [partition, offset] : offsets) {
    if (ranges.contains(partition)) continue;
    throw InvalidArgument("An offset is given for " + text_of(partition) +
                          ", which is no partition of an input topic.");
  }
}

Offsets wanted_offsets(client::Admin& admin, const ResetPosition& position, const Ranges& ranges,
                       const std::vector<client::OffsetAndMetadata>& committed) {
  using Kind = ResetPosition::Kind;
  Offsets at_times;
  if (position.kind == Kind::kTime) {
    std::map<TopicPartition, Timestamp> times;
    for (const auto& [partition, range] : ranges) times[partition] = position.number;
    at_times = value_or_throw(admin.offsets_at(times, kPatienceMs));
  }
  if (position.kind == Kind::kOffsets) refuse_others(position.offsets, ranges);
  Offsets wanted;
  for (const client::OffsetAndMetadata& one : committed) {
    const OffsetRange& range = ranges.at(one.partition);
    std::int64_t offset = range.earliest;
    if (position.kind == Kind::kLatest) offset = range.latest;
    if (position.kind == Kind::kOffset) offset = position.number;
    if (position.kind == Kind::kShift) offset = shifted(one, range, position.number);
    if (position.kind == Kind::kTime) offset = at_times.at(one.partition);
    if (position.kind == Kind::kTime && offset == client::PartitionStart::kLatest) offset = range.latest;
    if (position.kind == Kind::kOffsets) offset = named_offset(position.offsets, one.partition);
    wanted[one.partition] = std::clamp(offset, range.earliest, range.latest);
  }
  return wanted;
}

}  // namespace

bool is_internal_topic(const std::string& topic, const std::string& application_id) {
  if (!topic.starts_with(application_id + "-")) return false;
  return topic.ends_with("-changelog") || topic.ends_with("-repartition") ||
         topic.ends_with("-subscription-registration-topic") || topic.ends_with("-subscription-response-topic") ||
         is_of_foreign_key_join(topic);
}

ResetReport reset_application(client::ClientFactory& clients, const std::string& application_id,
                              const ResetOptions& options) {
  if (application_id.empty()) throw InvalidArgument("The application.id to reset is empty.");
  const auto admin = clients.admin({});
  refuse_while_running(*admin, application_id);
  const auto topics = value_or_throw(admin->topics({}, kPatienceMs));
  const std::vector<TopicPartition> inputs = input_partitions(options, topics);
  ResetReport report;
  report.deleted_topics = topics_to_delete(application_id, options, topics);

  // What is committed is only known once no transaction can change it any more: reading committed records waits.
  const auto consumer = clients.consumer({{"group.id", application_id}, {"isolation.level", "read_committed"}});
  if (!inputs.empty()) {
    const auto committed = value_or_throw(consumer->committed(inputs, kPatienceMs));
    const Ranges ranges = value_or_throw(admin->offsets(inputs, kPatienceMs));
    const Offsets wanted = wanted_offsets(*admin, options.position, ranges, committed);
    for (const client::OffsetAndMetadata& one : committed) {
      report.offsets.push_back({one.partition, one.offset, wanted.at(one.partition)});
    }
  }
  if (options.dry_run) return report;

  std::vector<client::OffsetAndMetadata> offsets;
  for (const ResetReport::Offset& one : report.offsets) offsets.push_back({one.partition, one.after, ""});
  if (!offsets.empty()) throw_if_failed(consumer->commit(offsets));
  if (!report.deleted_topics.empty()) throw_if_failed(admin->delete_topics(report.deleted_topics, kPatienceMs));
  return report;
}

}  // namespace streams
