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

ServiceArguments parse_arguments(const std::vector<std::string>& arguments, const Service& service) {
  ServiceArguments out;
  command_line(service, out).parse(arguments);
  return out;
}

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
  EXPECT_EQ(error_of({"--state-dir"}), "--state-dir needs a value");
  EXPECT_EQ(error_of({"--config", "/no/such/file"}), "/no/such/file cannot be read");
}

TEST(CommandLine, AnOptionOfOneServiceStandsBesideTheOthers) {
  double rate = 2.5;
  std::string host;
  const Service service{"S", "for tests.", [&](CommandLine& line) {
                          line.number("--rate", rate, 0.0, 10.0, "orders per second");
                          line.text("--host", "ADDRESS", host, "to listen on");
                        }};
  const auto refused = [&](const std::vector<std::string>& arguments) {
    try {
      parse_arguments(arguments, service);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_EQ(parse_arguments({"--rate", "0.5", "--threads", "2", "--host", "h", "--clean-state"}, service).threads, 2);
  EXPECT_EQ(rate, 0.5);
  EXPECT_EQ(host, "h");
  for (const char* wrong : {"11", "-1", "nan", "1x", "", " 1"}) {
    EXPECT_EQ(refused({"--rate", wrong}), "--rate takes a number from 0 to 10, not '" + std::string(wrong) + "'");
  }
  EXPECT_EQ(rate, 0.5);
}

TEST(CommandLine, HelpShowsEveryOptionWithItsDefault) {
  CommandLine line("program", "does something.");
  std::string name = "x", empty;
  std::string kind = "a";
  int count = 7;
  bool flag = false;
  line.text("--name", "NAME", name, "of it");
  line.text("--dir", "DIR", empty, "where (nowhere)");
  line.choice("--kind", {"a", "b"}, kind, "which");
  line.number("--count", count, 1, 9, "how many");
  line.flag("--flag", flag, "or not");
  line.parse({"-h", "--count", "3"});
  EXPECT_TRUE(line.wants_help());
  EXPECT_EQ(line.usage(), R"(program: does something.

options:
  --name NAME  of it (x)
  --dir DIR    where (nowhere)
  --kind NAME  which: a or b (a)
  --count N    how many (7)
  --flag       or not
  --help       this text
)");
}

TEST_F(ServiceConfigFile, AddsSettingsAndTheOptionsWin) {
  write(
      "# ours\n\n num.standby.replicas = 1 \nssl.ca.location=/etc/ca.pem\napplication.id=Other\n"
      "num.stream.threads=3\n");
  const auto arguments = parse_arguments({"--threads", "2", "--config", path_}, kService);
  EXPECT_EQ(arguments.streams_config().get("num.standby.replicas"), "1");
  EXPECT_EQ(arguments.streams_config().get("application.id"), "Other");
  EXPECT_EQ(arguments.streams_config().get("num.stream.threads"), "2") << "given, wherever";
  EXPECT_EQ(client_settings(arguments.bootstrap_servers, arguments.settings),
            (streams::client::Settings{{"bootstrap.servers", "localhost:9092"}, {"ssl.ca.location", "/etc/ca.pem"}}));
}

TEST_F(ServiceConfigFile, SaysWhichLineItCannotTake) {
  write("num.standby.replicas=1\nwhatever\n");
  EXPECT_EQ(error_of({"--config", path_}), path_ + ":2: not a setting (key=value): whatever");
  write("num.stream.threads=many\n");
  EXPECT_EQ(error_of({"--config", path_}), "--threads takes a whole number from 1 to 999, not 'many'");
  write("num.standby.replica=1\n");
  EXPECT_NE(error_of({"--config", path_}).find("num.standby.replicas"), std::string::npos);
}

}  // namespace
}  // namespace orders
