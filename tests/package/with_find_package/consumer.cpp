// A program as somebody else would write it: public headers and the libraries only.
#include <streams/http/server.hpp>
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <cstdio>
#include <utility>
#include <vector>

int main() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::string>("words")
      .group_by([](const std::string&, const std::string& word) { return word; })
      .count()
      .to_stream()
      .to("counts");

  streams::TopologyTestDriver driver(builder.build());
  auto words = driver.create_input_topic<std::string, std::string>("words");
  auto counts = driver.create_output_topic<std::string, std::int64_t>("counts");
  for (const char* word : {"to", "be", "or", "not", "to", "be"}) words.pipe_input("line", word);

  using Count = std::pair<std::optional<std::string>, std::optional<std::int64_t>>;
  const std::vector<Count> expected{{"to", 1}, {"be", 1}, {"or", 1}, {"not", 1}, {"to", 2}, {"be", 2}};
  if (counts.read_key_values() != expected) {
    std::puts("the counts are wrong");
    return 1;
  }
  streams::http::Server server;
  server.start();
  std::printf("the counts are right, and port %d was free\n", server.address().port);
}
