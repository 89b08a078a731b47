// The difference between the table and the fold of the topic.
#include "table_feeder.hpp"

#include "topic_io.hpp"

#include <sstream>

namespace operations {

Fed feed_table(streams::client::ClientFactory& clients, const std::string& csv, const std::string& topic) {
  Rows table;
  std::istringstream in(csv);
  std::string line;
  std::getline(in, line);  // the names
  while (std::getline(in, line)) {
    if (!line.empty()) table[line.substr(0, line.find(','))] = line;
  }
  const Rows before = fold(clients, topic);
  Writer writer(clients);
  Fed fed;
  const auto write = [&](const streams::Bytes& key, const streams::OptionalBytes& value) {
    writer.write(topic, {.partition = -1, .timestamp = -1, .key = key, .value = value, .headers = {}});
    ++(value ? fed.upserts : fed.tombstones);
  };
  for (const auto& [key, row] : table) {
    const auto known = before.find(key);
    if (known == before.end() || known->second != row) write(key, row);
  }
  for (const auto& [key, row] : before) {
    if (!table.contains(key)) write(key, std::nullopt);
  }
  writer.finish();
  return fed;
}

}  // namespace operations
