// The program: archives topics, restores them, replays dead letters, feeds tables, compares copies.
#include "archive.hpp"
#include "dead_letter_replay.hpp"
#include "divergence.hpp"
#include "table_feeder.hpp"
#include "view_versions.hpp"

#include <streams/kafka_clients.hpp>

#include <algorithm>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Options = std::map<std::string, std::string>;
using streams::client::ClientFactory;

constexpr const char* kUsage = R"(usage: operations COMMAND [options]

  archive  --topics A,B --file F [--until MS] [--snapshot yes]   topics to a file; a snapshot has the latest of each key
  restore  --file F                                              the topics of a file, which must be new or empty
  replay   --dead-letters T [--group G] [--given-up T] [--replace FROM=TO]
                                                                 dead letters back to where they came from, once
  feed     --csv F --topic T                                     a table's changes since the last time
  digest   --topics A,B                                          rows and a hash of each topic's table, to compare
  lag      --application-id A --topic T                          records that an application has not processed

  --bootstrap-servers H:P  (localhost:9092)
)";

std::string needed(const Options& options, const std::string& name) {
  const auto found = options.find(name);
  if (found == options.end()) throw std::invalid_argument("option --" + name + " is missing");
  return found->second;
}
std::string given_or(const Options& options, const std::string& name, const std::string& otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : found->second;
}

std::vector<std::string> names(const std::string& list) {
  std::vector<std::string> out;
  std::istringstream in(list);
  for (std::string name; std::getline(in, name, ',');) out.push_back(name);
  return out;
}

std::int64_t milliseconds(const std::string& text) {
  std::int64_t value = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || rest != text.data() + text.size())
    throw std::invalid_argument("--until takes milliseconds since 1970, not " + text);
  return value;
}

void archive(ClientFactory& clients, const Options& options) {
  operations::ArchiveOptions what{.topics = names(needed(options, "topics"))};
  if (options.contains("until")) what.until = milliseconds(options.at("until"));
  const std::string snapshot = given_or(options, "snapshot", "no");
  if (snapshot != "yes" && snapshot != "no") throw std::invalid_argument("--snapshot is yes or no, not " + snapshot);
  what.snapshot = snapshot == "yes";
  std::ofstream file(needed(options, "file"), std::ios::binary);
  if (!file) throw std::invalid_argument("cannot write " + options.at("file"));
  const auto count = operations::archive(clients, what, file);
  std::printf("%" PRId64 " records of %" PRId64 " topics\n", count.records, count.topics);
}

void restore(ClientFactory& clients, const Options& options) {
  std::ifstream file(needed(options, "file"), std::ios::binary);
  if (!file) throw std::invalid_argument("cannot read " + options.at("file"));
  const auto count = operations::restore(clients, file);
  std::printf("%" PRId64 " records of %" PRId64 " topics\n", count.records, count.topics);
}

void replay(ClientFactory& clients, const Options& options) {
  operations::ReplayOptions what{.dead_letters = needed(options, "dead-letters"),
                                 .group = given_or(options, "group", "replay")};
  if (options.contains("given-up")) what.given_up = options.at("given-up");
  if (options.contains("replace")) {
    const std::string replace = options.at("replace");
    const auto middle = replace.find('=');
    if (middle == 0 || middle == std::string::npos) throw std::invalid_argument("--replace takes FROM=TO");
    what.repair = [from = replace.substr(0, middle), to = replace.substr(middle + 1)](streams::StoredRecord record) {
      if (const auto at = record.value ? record.value->find(from) : std::string::npos; at != std::string::npos) {
        record.value->replace(at, from.size(), to);
      }
      return std::optional(std::move(record));
    };
  }
  const auto count = operations::replay_dead_letters(clients, what);
  std::printf("%" PRId64 " sent back, %" PRId64 " given up\n", count.sent_back, count.given_up);
}

void feed(ClientFactory& clients, const Options& options) {
  std::ifstream file(needed(options, "csv"), std::ios::binary);
  if (!file) throw std::invalid_argument("cannot read " + options.at("csv"));
  const std::string csv{std::istreambuf_iterator<char>(file), {}};
  const auto count = operations::feed_table(clients, csv, needed(options, "topic"));
  std::printf("%" PRId64 " rows written, %" PRId64 " deleted\n", count.upserts, count.tombstones);
}

void digest(ClientFactory& clients, const Options& options) {
  for (const std::string& topic : names(needed(options, "topics"))) {
    const operations::Digest found = operations::digest(operations::fold(clients, topic));
    std::printf("%s: %" PRId64 " rows, %016" PRIx64 "\n", topic.c_str(), found.rows, found.sum);
  }
}

void lag(ClientFactory& clients, const Options& options) {
  std::printf("%" PRId64 "\n",
              operations::input_lag(clients, needed(options, "application-id"), needed(options, "topic")));
}

void run(const std::vector<std::string>& arguments) {
  using Command = void (*)(ClientFactory&, const Options&);
  static const std::map<std::string, Command> commands{{"archive", archive}, {"restore", restore}, {"replay", replay},
                                                       {"feed", feed},       {"digest", digest},   {"lag", lag}};
  const auto command = arguments.empty() ? commands.end() : commands.find(arguments.front());
  if (command == commands.end()) throw std::invalid_argument("which of the commands?");
  Options options;
  for (std::size_t i = 1; i < arguments.size(); i += 2) {
    if (!arguments[i].starts_with("--") || i + 1 == arguments.size()) {
      throw std::invalid_argument("no option, or its value is missing: " + arguments[i]);
    }
    // Whatever the usage names; one that is mistyped must not be as if it were not there.
    if (std::string(kUsage).find(arguments[i] + " ") == std::string::npos)
      throw std::invalid_argument("unknown option: " + arguments[i]);
    options[arguments[i].substr(2)] = arguments[i + 1];
  }
  const auto clients = streams::client::make_kafka_clients(
      {{"bootstrap.servers", given_or(options, "bootstrap-servers", "localhost:9092")}}, nullptr);
  command->second(*clients, options);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (std::ranges::find(arguments, "--help") != arguments.end()) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  try {
    run(arguments);
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "operations: %s\n\n%s", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "operations: %s\n", error.what());
    return 1;
  }
}
