// The command line of the services.
#include "service_main.hpp"

#include <streams/errors.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

namespace orders {
namespace {

const Service kService{"FraudService", "for tests."};

std::string error_of(const std::vector<std::string>& arguments) {
  try {
    parse_arguments(arguments, kService).streams_config();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

class ServiceConfigFile : public ::testing::Test {
 protected:
  ~ServiceConfigFile() override { std::filesystem::remove(path_); }
  void write(const std::string& text) const { std::ofstream(path_) << text; }
  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("service-config-" + std::to_string(::getpid()))).string();
};

TEST(ServiceMain, IsExactlyOnceUnderItsOwnNameUnlessToldOtherwise) {
  const auto config = parse_arguments({}, kService).streams_config();
  EXPECT_EQ(config.get("application.id"), "FraudService");
  EXPECT_EQ(config.get("processing.guarantee"), "exactly_once_v2");
  EXPECT_EQ(config.get("bootstrap.servers"), "localhost:9092");
  const auto other = parse_arguments({"--application-id", "F2", "--guarantee", "at_least_once", "--threads", "3",
                                      "--state-dir", "/tmp/f2", "--bootstrap-servers", "b:1"},
                                     kService)
                         .streams_config();
  EXPECT_EQ(other.get("application.id"), "F2");
  EXPECT_EQ(other.get("processing.guarantee"), "at_least_once");
  EXPECT_EQ(other.get("num.stream.threads"), "3");
  EXPECT_EQ(other.get("state.dir"), "/tmp/f2");
  EXPECT_EQ(other.get("bootstrap.servers"), "b:1");
}

TEST(ServiceMain, SaysWhatIsWrongWithAnOption) {
  EXPECT_EQ(error_of({"--threads", "many"}), "--threads takes a whole number from 1 to 999, not 'many'");
  EXPECT_EQ(error_of({"--threads", "0"}), "--threads takes a whole number from 1 to 999, not '0'");
  EXPECT_EQ(error_of({"--guarantee", "maybe"}), "--guarantee is exactly_once_v2 or at_least_once, not 'maybe'");
  EXPECT_EQ(error_of({"--colour", "red"}), "unknown option: --colour");
  EXPECT_EQ(error_of({"--state-dir"}), "unknown option, or its value is missing: --state-dir");
  EXPECT_EQ(error_of({"--config", "/no/such/file"}), "--config: /no/such/file cannot be read");
}

TEST_F(ServiceConfigFile, AddsSettingsAndTheOptionsWin) {
  write("# ours\n\n num.standby.replicas = 1 \nssl.ca.location=/etc/ca.pem\napplication.id=Other\n");
  const auto arguments = parse_arguments({"--config", path_}, kService);
  EXPECT_EQ(arguments.streams_config().get("num.standby.replicas"), "1");
  EXPECT_EQ(arguments.streams_config().get("application.id"), "FraudService");
  EXPECT_EQ(arguments.client_settings(),
            (streams::client::Settings{{"bootstrap.servers", "localhost:9092"}, {"ssl.ca.location", "/etc/ca.pem"}}));
}

TEST_F(ServiceConfigFile, SaysWhichLineItCannotTake) {
  write("num.standby.replicas=1\nwhatever\n");
  EXPECT_EQ(error_of({"--config", path_}), path_ + ":2: not a setting (key=value): whatever");
  write("num.standby.replica=1\n");
  EXPECT_NE(error_of({"--config", path_}).find("num.standby.replicas"), std::string::npos);
}

}  // namespace
}  // namespace orders
