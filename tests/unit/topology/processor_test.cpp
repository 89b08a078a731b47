// The Processor API: life cycle, forwarding, the record context, punctuations, stores, and where failures end.
#include "unit/topology/fake_task.hpp"

#include <streams/topology.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams {
namespace {

using detail::Failure;
using detail::Rig;
using detail::Sent;
using testing::ElementsAre;
using testing::HasSubstr;
using Text = std::string;

template <class Fn>
std::string thrown(Fn fn) {
  try {
    fn();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing";
}

/// source -> p -> sink
template <class Supplier>
Topology line(Supplier supplier) {
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p", std::move(supplier), {"src"});
  topology.add_sink<Text, Text>("snk", "out", {"p"});
  return topology;
}

struct Upper final : Processor<Text, Text> {
  void process(Record<Text, Text>&& record) override {
    if (record.value) record.value = "<" + *record.value + ">";
    context().forward(std::move(record));
  }
};

TEST(Processor, ForwardsWhatItMakesOfARecord) {
  const Topology topology = line([] { return std::make_unique<Upper>(); });
  Rig rig(topology.plan());
  rig.start();
  rig.pipe("src", "k", "v", 5, {{"h", "1"}});
  rig.pipe("src", std::nullopt, std::nullopt, 6);
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"out", "k", "<v>", 5, {{"h", "1"}}, std::nullopt},
                                         Sent{"out", std::nullopt, std::nullopt, 6, {}, std::nullopt}));
}

/// Notes its life.
struct Noted final : Processor<Text, Text, void, void> {
  explicit Noted(std::vector<std::string>& notes_in) : notes(notes_in) {}
  void init(Context& context) override { notes.push_back("init " + context.application_id() + " " + context.task_id()); }
  void process(Record<Text, Text>&& record) override {
    const auto metadata = context().record_metadata();
    notes.push_back("process " + *record.key + " " + std::string(metadata->topic) + "/" +
                    std::to_string(metadata->partition) + "/" + std::to_string(metadata->offset) + " stream=" +
                    std::to_string(context().current_stream_time_ms()) + " wall=" +
                    std::to_string(context().current_system_time_ms()));
    context().commit();
  }
  void close() override { notes.push_back("close"); }
  std::vector<std::string>& notes;
};

TEST(Processor, LivesFromInitToCloseAndKnowsItsTask) {
  std::vector<std::string> notes;
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p", [&] { return std::make_unique<Noted>(notes); }, {"src"});
  Rig rig(topology.plan());
  rig.start();
  rig.pipe("src", "k", "v", 9);
  rig.close();
  rig.close();
  EXPECT_THAT(notes, ElementsAre("init app 0_3", "process k in/3/0 stream=9 wall=777", "close"));
  EXPECT_EQ(rig.task.commits, 1);
}

TEST(Processor, IsNotClosedIfItWasNeverInitialised) {
  std::vector<std::string> notes;
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p", [&] { return std::make_unique<Noted>(notes); }, {"src"});
  Rig rig(topology.plan());
  rig.close();
  EXPECT_THAT(notes, ElementsAre());
}

}  // namespace
}  // namespace streams
