// How a topology is tested: records in, records out, in the same thread.
#include "word_count_topology.hpp"

#include <streams/testing/topology_test_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using streams::TopologyTestDriver;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(WordCount, CountsWordsWhateverTheirCase) {
  TopologyTestDriver driver(word_count_topology());
  auto lines = driver.create_input_topic<std::string, std::string>("text-lines");
  auto counts = driver.create_output_topic<std::string, std::int64_t>("word-counts");

  lines.pipe_value("All streams lead to Kafka");
  lines.pipe_value("Hello, kafka streams!");

  EXPECT_THAT(counts.read_map(), ElementsAre(Pair("all", 1), Pair("hello", 1), Pair("kafka", 2), Pair("lead", 1),
                                             Pair("streams", 2), Pair("to", 1)));
}

}  // namespace
