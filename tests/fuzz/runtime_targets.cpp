// What brokers and the state directory keep for the runtime, and what users write into settings.
#include "fuzz_target.hpp"

#include <client/embedded/coordinator.hpp>
#include <client/embedded/topic_config.hpp>
#include <client/kafka/member_assignment.hpp>
#include <runtime/commit_metadata.hpp>
#include <runtime/config.hpp>
#include <runtime/instance_marks.hpp>
#include <runtime/state_directory.hpp>
#include <runtime/stored_stores.hpp>
#include <streams/detail/topology_plan.hpp>
#include <streams/errors.hpp>
#include <streams/streams_metadata.hpp>

#include <filesystem>
#include <fstream>

namespace streams::fuzz {
namespace {

void commit_metadata(BytesView input) {
  const runtime::CommitMetadata parsed = runtime::decode_commit_metadata(input);
  const std::string again = runtime::encode_commit_metadata(parsed.partition_time, parsed.processors);
  require(runtime::decode_commit_metadata(again) == parsed, "commit metadata changes when rewritten");
}

void membership(BytesView input) {
  const auto parsed = client::embedded::decode_membership(input);
  if (parsed) require(client::embedded::encode(*parsed) == input, "a membership changes when rewritten");
}

void task_id(BytesView input) {
  if (const auto id = runtime::TaskId::parse(input)) {
    require(runtime::TaskId::parse(id->text()) == id, "a task id changes when rewritten");
  }
}

/// Names of consumers in the group, of which instances learn where the others are.
void instance_marks(BytesView input) {
  const std::string name(input);
  const runtime::InstanceMarks marks = runtime::marks_of_client_id(name);
  if (runtime::is_endpoint(marks.application_server)) HostInfo::parse(marks.application_server);
  require(runtime::client_id_without_marks(name).size() <= name.size(), "a name without marks is longer");
  const auto plain = [](const std::string& text) { return text.find(';') == std::string::npos; };
  if (marks.process.empty() || !plain(marks.process) || !plain(marks.application_server)) return;
  for (const auto& [key, value] : marks.tags) {
    if (!runtime::is_tag(key) || !runtime::is_tag(value)) return;
  }
  const std::string again = runtime::client_id_with_marks("client", marks);
  require(runtime::marks_of_client_id(again) == marks, "an instance's marks change on their way");
}

void stored_stores(BytesView input) {
  if (const auto stores = runtime::parse_stores(input)) {
    require(runtime::write_stores(*stores) == input, "the list of stores changes when rewritten");
  }
}

/// What offsets, members and folders are marked with. All of them may read any bytes.
void group_data(BytesView input) {
  static_cast<void>(client::kafka::partitions_of_assignment(input));
  commit_metadata(input);
  membership(input);
  task_id(input);
  instance_marks(input);
  stored_stores(input);
}
std::vector<Bytes> group_data_seeds() {
  return {
      runtime::encode_commit_metadata(1234, {}),
      runtime::encode_commit_metadata(-1, {{"a", 1}, {"b", INT64_MIN}}),
      "AQAAAAAAAAAB",
      client::embedded::encode({{"group", "member", "instance"}, 5}),
      "0_0",
      "12_345",
      "2147483647_2147483647",
      "2147483648_0",
      runtime::client_id_with_marks("app-consumer", {"id", {{"zone", "a"}, {"rack", "b"}}, "host:1234"}),
      runtime::write_stores({{"counts", "window store", "timestamps", "app-counts-changelog"}, {"rows", "", "", ""}}),
      "[::1]:80",
      "host:65536"};
}

/// The process id's file and the lock's, as somebody else may have left them.
void state_directory(BytesView input) {
  namespace fs = std::filesystem;
  static const fs::path base = scratch_folder();
  static const runtime::Log quiet(null_logger(), "");
  fs::create_directories(base / "app");
  Parts parts(input);
  const Bytes lock = parts.bytes();
  std::ofstream(base / "app" / ".lock", std::ios::trunc) << lock;
  std::ofstream(base / "app" / "kafka-streams-process-metadata", std::ios::trunc) << parts.rest();
  auto first = runtime::StateDirectory::open(base.string(), "app", false, quiet);
  require(first.ok(), "a damaged file keeps the directory from being opened");
  const std::string id = first.value()->process_id();
  require(id.size() == 36, "a process id is none");
  first = Status(StatusCode::kIo, "closed");
  const auto second = runtime::StateDirectory::open(base.string(), "app", false, quiet);
  require(second.ok() && second.value()->process_id() == id, "the process id does not stay");
  fs::remove_all(base);
}
std::vector<Bytes> state_directory_seeds() {
  return {PartsWriter().bytes("123\n").input() + R"({"processId":"00112233-4455-6677-8899-aabbccddeeff"})",
          PartsWriter().bytes("").input() + R"({"processId":""})"};
}

void config(BytesView input) {
  const std::size_t split = input.find('=');
  StreamsConfig settings{{"application.id", "app"}, {"bootstrap.servers", "localhost:9092"}};
  settings.set_logger(null_logger());
  settings.set(std::string(input.substr(0, split)),
               std::string(split == BytesView::npos ? BytesView() : input.substr(split + 1)));
  const runtime::RuntimeConfig resolved = runtime::resolve_config(settings, true);
  resolved.consumer(runtime::ConsumerKind::kMain, "name");
  resolved.producer("name", "id");
  resolved.admin("name");
}
void topic_config(BytesView input) {
  const std::size_t split = input.find('=');
  const std::string name(input.substr(0, split));
  const std::string value(split == BytesView::npos ? BytesView() : input.substr(split + 1));
  const auto parsed = client::embedded::topic_config({{name, value}});
  require(parsed.ok() || !parsed.status().message().empty(), "a topic setting is refused without a word");
}
void settings(BytesView input) {
  topic_config(input);
  config(input);
}
std::vector<Bytes> settings_seeds() {
  return {"retention.ms=-1",
          "cleanup.policy=compact,delete",
          "min.cleanable.dirty.ratio=0.5",
          "message.timestamp.type=LogAppendTime",
          "num.stream.threads=2",
          "topology.optimization=merge.repartition.topics, single.store.self.join",
          "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" "
          "password=\"b\\\"c\";",
          "auto.offset.reset=by_duration:PT1H",
          "main.consumer.fetch.max.wait.ms=100",
          "topic.cleanup.policy=compact",
          "producer.buffer.memory=9223372036854775807"};
}

/// A pattern and names of topics; both short, because patterns are the user's own and may take their time.
void topic_pattern(BytesView input) {
  Parts parts(input.substr(0, 48));
  const Bytes pattern = parts.bytes();
  streams::detail::TopologyPlan plan;
  streams::detail::SourcePlan source;
  source.name = "source";
  source.pattern = pattern.substr(0, 16);
  plan.add_source(source);
  streams::detail::matches_pattern(source.pattern, std::string(parts.rest().substr(0, 16)));
}
std::vector<Bytes> topic_pattern_seeds() {
  std::vector<Bytes> seeds;
  for (const char* pattern : {"in.*", "(a|b)[0-9]{1,3}", "[[:alpha:]]+", "\\d+$", "[a", "a{9,1}"})
    seeds.push_back(PartsWriter().bytes(pattern).input() + "in-1");
  return seeds;
}

}  // namespace

std::vector<Target> runtime_targets() {
  return {{"group_data", group_data, group_data_seeds},
          {"state_directory", state_directory, state_directory_seeds},
          {"settings", settings, settings_seeds},
          {"topic_pattern", topic_pattern, topic_pattern_seeds}};
}

}  // namespace streams::fuzz
