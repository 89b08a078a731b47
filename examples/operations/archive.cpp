// One JSON text a line: a topic, its records, the next topic; and at the end how many there are.
#include "archive.hpp"

#include "topic_io.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <istream>
#include <map>
#include <ostream>
#include <stdexcept>
#include <utility>

namespace operations {

using namespace streams::client;

namespace {

using Json = nlohmann::json;

/// What is wrong with a line that is JSON.
struct Damage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Bytes that are any bytes, as text.
Json hex(const streams::OptionalBytes& bytes) {
  if (!bytes) return nullptr;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : *bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

streams::OptionalBytes bytes(const Json& json) {
  if (json.is_null()) return std::nullopt;
  const auto& text = json.get_ref<const std::string&>();
  streams::Bytes out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const char* end = text.data() + std::min(i + 2, text.size());
    const auto [rest, failed] = std::from_chars(text.data() + i, end, byte, 16);
    if (failed != std::errc() || rest != text.data() + i + 2) throw Damage("these are no bytes: " + text);
    out += static_cast<char>(byte);
  }
  return out;
}

Json json_of(const streams::StoredRecord& record) {
  Json json{{"partition", record.partition},
            {"time", record.timestamp},
            {"key", hex(record.key)},
            {"value", hex(record.value)}};
  for (const streams::Header& header : record.headers) json["headers"].push_back({header.key, hex(header.value)});
  return json;
}

streams::StoredRecord record_of(const Json& json) {
  streams::StoredRecord record;
  json.at("partition").get_to(record.partition);
  json.at("time").get_to(record.timestamp);
  record.key = bytes(json.at("key"));
  record.value = bytes(json.at("value"));
  for (const Json& header : json.value("headers", Json::array())) record.headers.add(header.at(0), bytes(header.at(1)));
  return record;
}

Json last_line(const Archived& count) { return {{"topics", count.topics}, {"records", count.records}}; }

/// In the order of offsets, partition by partition.
std::vector<streams::StoredRecord> records_to_keep(ClientFactory& clients, const std::string& topic,
                                                   const ArchiveOptions& options) {
  std::vector<streams::StoredRecord> records;
  std::map<std::pair<std::int32_t, streams::Bytes>, streams::StoredRecord> latest;
  read_topic(clients, topic, [&](const streams::StoredRecord& record) {
    if (record.timestamp > options.until) return;
    if (!options.snapshot) return records.push_back(record);
    if (!record.key) return;
    const std::pair place(record.partition, *record.key);
    if (record.value) {
      latest.insert_or_assign(place, record);
    } else {
      latest.erase(place);
    }
  });
  std::map<std::pair<std::int32_t, std::int64_t>, streams::StoredRecord> by_offset;
  for (auto& [place, record] : latest) by_offset.emplace(std::pair(record.partition, record.offset), std::move(record));
  for (auto& [place, record] : by_offset) records.push_back(std::move(record));
  return records;
}

void make_topic(ClientFactory& clients, const NewTopic& topic) {
  const auto admin = clients.admin({});
  const auto answers = admin->create_topics({topic}, kPatienceMs);
  check(answers.status(), "cannot create topic " + topic.name);
  const streams::Status& status = answers.value().front();
  if (status.code() != streams::StatusCode::kAlreadyExists) return check(status, "cannot create topic " + topic.name);
  const auto offsets = offsets_of(clients, topic.name);
  if (offsets.size() != static_cast<std::size_t>(topic.partitions)) {
    throw std::runtime_error("topic " + topic.name + " has another number of partitions than the archive");
  }
  for (const auto& [partition, range] : offsets) {
    if (range.latest > 0) throw std::runtime_error("topic " + topic.name + " is not empty");
  }
}

}  // namespace

Archived archive(ClientFactory& clients, const ArchiveOptions& options, std::ostream& file) {
  Archived count;
  for (const std::string& topic : options.topics) {
    const auto partitions = offsets_of(clients, topic).size();
    const auto configs = clients.admin({})->topic_configs(topic, kPatienceMs);
    check(configs.status(), "cannot read the settings of topic " + topic);
    Json settings = Json::object();
    for (const char* name : {"cleanup.policy", "retention.ms", "retention.bytes"}) {
      if (configs.value().contains(name)) settings[name] = configs.value().at(name);
    }
    file << Json{{"topic", topic}, {"partitions", partitions}, {"configs", settings}} << '\n';
    for (const auto& record : records_to_keep(clients, topic, options)) {
      file << json_of(record) << '\n';
      ++count.records;
    }
    ++count.topics;
  }
  file << last_line(count) << '\n';
  if (!file.flush()) throw std::runtime_error("the archive cannot be written");
  return count;
}

Archived restore(ClientFactory& clients, std::istream& file) {
  Writer writer(clients);
  Archived count;
  std::string topic;
  int number = 0;
  const auto damaged = [&number](const std::exception& e) {
    return std::runtime_error("line " + std::to_string(number) + " of the archive is damaged: " + e.what());
  };
  /// False: it is the last one.
  const auto take = [&](const Json& json) {
    if (json.contains("topics")) return false;
    if (json.contains("topic")) {
      json.at("topic").get_to(topic);
      make_topic(clients, {.name = topic,
                           .partitions = json.at("partitions"),
                           .configs = json.at("configs").get<std::map<std::string, std::string>>()});
      ++count.topics;
    } else {
      writer.write(topic, record_of(json));
      ++count.records;
    }
    return true;
  };
  for (std::string line; std::getline(file, line);) {
    ++number;
    try {
      const Json json = Json::parse(line);
      if (take(json)) continue;
      writer.finish();
      if (json == last_line(count)) return count;
      break;
    } catch (const Json::exception& e) {
      throw damaged(e);
    } catch (const Damage& e) {
      throw damaged(e);
    }
  }
  throw std::runtime_error("the archive is not complete: it has " + std::to_string(count.topics) + " topics and " +
                           std::to_string(count.records) + " records, and no last line that says so");
}

}  // namespace operations
