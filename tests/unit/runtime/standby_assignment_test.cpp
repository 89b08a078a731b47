// Where standby tasks are placed.
#include <runtime/instance_marks.hpp>
#include <runtime/kafka_streams_shutdown.hpp>
#include <runtime/standby_assignment.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace streams::runtime {
namespace {

using Placed = std::map<TaskId, std::vector<std::string>>;

std::string process(int number) { return "process-" + std::to_string(number); }

/// Tasks 0_0, 0_1, ... go round the instances.
GroupInstances group(int instances, int tasks) {
  GroupInstances out;
  for (int i = 0; i < instances; ++i) {
    GroupInstance& instance = out[process(i)];
    instance.takes_standbys = true;
    instance.threads = 1;
    for (int task = i; task < tasks; task += instances) instance.active.insert({0, task});
  }
  return out;
}

std::set<TaskId> tasks(int count) {
  std::set<TaskId> out;
  for (int task = 0; task < count; ++task) out.insert({0, task});
  return out;
}

std::map<std::string, int> loads(const Placed& placed) {
  std::map<std::string, int> out;
  for (const auto& [task, on] : placed) {
    for (const std::string& instance : on) ++out[instance];
  }
  return out;
}

TEST(StandbyPlacement, IsNeverWhereTheTaskRuns) {
  const GroupInstances instances = group(4, 12);
  const Placed placed = place_standbys(instances, tasks(12), 2, {});
  ASSERT_EQ(placed.size(), 12u);
  for (const auto& [task, on] : placed) {
    EXPECT_EQ(std::set<std::string>(on.begin(), on.end()).size(), 2u) << task.text();
    for (const std::string& instance : on) EXPECT_FALSE(instances.at(instance).active.contains(task)) << task.text();
  }
}

TEST(StandbyPlacement, SharesTheTasksByThreads) {
  GroupInstances instances = group(4, 24);
  for (const auto& [name, load] : loads(place_standbys(instances, tasks(24), 1, {})))
    EXPECT_THAT(load, testing::AllOf(testing::Ge(5), testing::Le(7))) << name;
  instances[process(0)].threads = 5;
  EXPECT_THAT(loads(place_standbys(instances, tasks(24), 1, {}))[process(0)],
              testing::AllOf(testing::Ge(12), testing::Le(15)));
}

TEST(StandbyPlacement, HasAsManyAsThereAreOtherInstances) {
  EXPECT_EQ(place_standbys(group(1, 1), tasks(1), 1, {}), (Placed{{{0, 0}, {}}}));
  EXPECT_EQ(place_standbys(group(2, 1), tasks(1), 5, {}), (Placed{{{0, 0}, {process(1)}}}));
}

TEST(StandbyPlacement, LeavesTasksOutThatNobodyRuns) {
  EXPECT_EQ(place_standbys(group(2, 1), tasks(2), 1, {}), (Placed{{{0, 0}, {process(1)}}}));
}

TEST(StandbyPlacement, AsksOnlyInstancesThatTakeStandbys) {
  GroupInstances instances = group(3, 6);
  instances[process(1)].takes_standbys = false;
  for (const auto& [task, on] : place_standbys(instances, tasks(6), 2, {}))
    EXPECT_THAT(on, testing::Not(testing::Contains(process(1)))) << task.text();
}

TEST(StandbyPlacement, StaysWhereItIsWhenAnotherInstanceComes) {
  GroupInstances instances = group(5, 60);
  const Placed before = place_standbys(instances, tasks(60), 1, {});
  instances[process(9)] = {.takes_standbys = true, .application_server = "", .tags = {}, .threads = 1, .active = {}};
  int moved = 0;
  for (const auto& [task, on] : place_standbys(instances, tasks(60), 1, {})) moved += before.at(task) != on;
  EXPECT_LE(moved, 25) << "a sixth of them has to, and some more to keep the loads even";
}

TEST(StandbyPlacement, DiffersInTags) {
  GroupInstances instances = group(6, 12);
  for (int i = 0; i < 6; ++i)
    instances[process(i)].tags = {{"zone", std::to_string(i % 3)}, {"cluster", std::to_string(i / 3)}};
  const auto zone = [&](const std::string& name) { return instances.at(name).tags.at("zone"); };
  const Placed placed = place_standbys(instances, tasks(12), 2, {"zone"});
  for (const auto& [task, on] : placed) {
    const std::string active = process(task.partition % 6);
    ASSERT_EQ(on.size(), 2u);
    EXPECT_EQ((std::set<std::string>{zone(active), zone(on[0]), zone(on[1])}).size(), 3u) << task.text();
  }
  for (const auto& [task, on] : place_standbys(instances, tasks(12), 1, {"zone", "cluster"})) {
    const auto& active = instances.at(process(task.partition % 6)).tags;
    EXPECT_NE(active.at("zone"), zone(on[0])) << task.text();
    EXPECT_NE(active.at("cluster"), instances.at(on[0]).tags.at("cluster")) << task.text();
  }
}

TEST(StandbyPlacement, TakesTheLeastBadInstanceWhereTagsRunOut) {
  GroupInstances instances = group(3, 3);
  for (int i = 0; i < 3; ++i) instances[process(i)].tags = {{"zone", "same"}};
  for (const auto& [task, on] : place_standbys(instances, tasks(3), 1, {"zone"})) EXPECT_EQ(on.size(), 1u);
}

TEST(InstanceMarks, AreReadBackFromTheClientId) {
  const InstanceMarks marks{"id-1", {{"cluster", "k8s"}, {"zone", "eu-1a"}}, "host.example:8080"};
  const std::string text = client_id_with_marks("app-id-1-StreamThread-1-consumer", marks);
  EXPECT_EQ(text,
            "app-id-1-StreamThread-1-consumer;process=id-1;tags=cluster:k8s,zone:eu-1a;"
            "application.server=host.example:8080");
  EXPECT_EQ(marks_of_client_id(text), marks);
  EXPECT_EQ(client_id_without_marks(text), "app-id-1-StreamThread-1-consumer");
  EXPECT_TRUE(shutdown_is_announced({"Stable", {{"1", "app-shutdown-application;application.server=h:1", "", {}}}}));
  EXPECT_FALSE(shutdown_is_announced({"Stable", {{"1", text, "", {}}}}));
  EXPECT_EQ(client_id_with_marks("plain", {}), "plain");
  EXPECT_EQ(marks_of_client_id("plain"), InstanceMarks());
}

}  // namespace
}  // namespace streams::runtime
