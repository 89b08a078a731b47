// The state directory: locks, process id, clean-up, and what it says when it cannot be used.
#include <runtime/state_directory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace streams::runtime {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class StateDirectoryTest : public testing::Test {
 protected:
  ~StateDirectoryTest() override { fs::remove_all(base_); }
  Result<std::unique_ptr<StateDirectory>> open(const std::string& application = "app") {
    return StateDirectory::open(base_.string(), application, false, log_);
  }

  fs::path base_ = fs::temp_directory_path() / ("state_directory_test_" + random_uuid());
  Log log_{null_logger(), ""};
};

TEST_F(StateDirectoryTest, KeepsItsProcessId) {
  std::string id;
  {
    auto directory = open();
    ASSERT_TRUE(directory.ok());
    id = directory.value()->process_id();
  }
  EXPECT_EQ(open().value()->process_id(), id);
  EXPECT_NE(open("other").value()->process_id(), id);
  std::ifstream in(base_ / "app" / "kafka-streams-process-metadata");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "{\"processId\":\"" + id + "\"}");
}

TEST_F(StateDirectoryTest, MakesANewProcessIdWhereTheFileHasNone) {
  const fs::path file = base_ / "app" / "kafka-streams-process-metadata";
  fs::create_directories(file.parent_path());
  for (const char* damaged :
       {"", "{", R"({"processId":""})", R"({"processId":"00112233-4455-6677-8899-aabbccddeef/"})"}) {
    std::ofstream(file, std::ios::trunc) << damaged;
    const std::string id = open().value()->process_id();
    EXPECT_EQ(id.size(), 36u) << damaged;
    EXPECT_EQ(open().value()->process_id(), id) << damaged;
  }
  std::ofstream(file, std::ios::trunc) << R"({"processId":"00112233-4455-6677-8899-AABBccddeeff"})";
  EXPECT_EQ(open().value()->process_id(), "00112233-4455-6677-8899-AABBccddeeff");
}

TEST_F(StateDirectoryTest, BelongsToOneInstance) {
  const auto first = open();
  const auto second = open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(second.status().message(),
              AllOf(HasSubstr((base_ / "app").string()), HasSubstr("another KafkaStreams object of this process")));
}

TEST_F(StateDirectoryTest, NamesTheProcessThatHoldsIt) {
  int to_child[2], to_parent[2];
  ASSERT_EQ(pipe(to_child) + pipe(to_parent), 0);
  const pid_t child = fork();
  char byte = 0;
  if (child == 0) {
    const auto held = open();
    if (write(to_parent[1], "x", 1) != 1 || read(to_child[0], &byte, 1) < 0) _exit(1);
    _exit(0);
  }
  ASSERT_EQ(read(to_parent[0], &byte, 1), 1);
  const auto here = open();
  EXPECT_THAT(here.status().message(), HasSubstr("is in use by process " + std::to_string(child)));
  ASSERT_EQ(write(to_child[1], "x", 1), 1);
}

TEST_F(StateDirectoryTest, GivesATasksFolderToOneHolder) {
  const auto directory = std::move(open()).value();
  auto folder = directory->lock({0, 1});
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ(folder.value()->path(), (base_ / "app" / "0_1").string());
  EXPECT_EQ(directory->lock({0, 1}).status().code(), StatusCode::kAlreadyExists);
  EXPECT_TRUE(directory->lock({0, 2}).ok());
  std::move(folder).value().reset();
  EXPECT_TRUE(directory->lock({0, 1}).ok());
  EXPECT_EQ(directory->tasks(), (std::vector<TaskId>{{0, 1}, {0, 2}}));
}

TEST_F(StateDirectoryTest, CleansFoldersNobodyHolds) {
  const auto directory = std::move(open()).value();
  const auto held = directory->lock({0, 0});
  { const auto left = directory->lock({0, 1}); }
  directory->clean(1000000);
  EXPECT_EQ(directory->tasks(), (std::vector<TaskId>{{0, 0}, {0, 1}})) << "both were used a moment ago";
  directory->clean(-1000);
  EXPECT_EQ(directory->tasks(), (std::vector<TaskId>{{0, 0}}));
}

TEST_F(StateDirectoryTest, WipesATasksFolder) {
  const auto directory = std::move(open()).value();
  const auto folder = std::move(directory->lock({0, 0})).value();
  std::ofstream(folder->path() + "/file") << "x";
  fs::create_directory(folder->path() + "/state");
  EXPECT_TRUE(folder->wipe().ok());
  EXPECT_TRUE(fs::is_empty(folder->path()));
}

TEST_F(StateDirectoryTest, SaysWhatIsWrongWithThePath) {
  fs::create_directories(base_);
  std::ofstream(base_ / "app") << "a file";
  const auto opened = open();
  EXPECT_EQ(opened.status().code(), StatusCode::kIo);
  EXPECT_EQ(opened.status().message(),
            "Cannot use " + (base_ / "app").string() +
                ": Not a directory. Setting state.dir names the directory that state is kept in.");
}

TEST_F(StateDirectoryTest, IsRemovedOnlyWhenNobodyUsesIt) {
  {
    const auto directory = open();
    EXPECT_EQ(remove_state(base_.string(), "app", log_).code(), StatusCode::kAlreadyExists);
  }
  EXPECT_TRUE(remove_state(base_.string(), "app", log_).ok());
  EXPECT_FALSE(fs::exists(base_ / "app"));
  EXPECT_TRUE(remove_state(base_.string(), "app", log_).ok());
}

}  // namespace
}  // namespace streams::runtime
