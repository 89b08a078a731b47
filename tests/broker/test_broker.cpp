// The real Kafka that tests of this folder run against.
#include "broker/test_broker.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

namespace streams::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHowToGetOne =
    "Run './dev kafka start' and set STREAMS_TEST_BOOTSTRAP to the address that it prints, or run './dev test --label "
    "broker'.";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

/// The command's standard output without the end of line; empty if it failed.
std::string run(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::string output;
  char part[256];
  while (std::fgets(part, sizeof part, pipe) != nullptr) output += part;
  if (pclose(pipe) != 0) return {};
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

bool kafka_is_here(const fs::path& dev) {
  if (std::system("command -v java >/dev/null 2>&1") != 0) return false;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(dev.parent_path() / ".kafka", none)) {
    if (entry.path().filename().string().starts_with("jars-")) return true;
  }
  return false;
}

/// Ends the broker that this program started.
class Stopper : public ::testing::Environment {
 public:
  explicit Stopper(std::string command) : command_(std::move(command)) {}
  void TearDown() override {
    if (std::system(command_.c_str()) != 0) std::cerr << "The broker could not be ended: " << command_ << "\n";
  }

 private:
  std::string command_;
};

std::string kafka_script() { return quoted(environment("STREAMS_DEV")) + " kafka "; }

TestBroker find() {
  TestBroker broker;
  if (no_librdkafka() != nullptr) {
    broker.why_not = no_librdkafka();
    return broker;
  }
  broker.required = !environment("CI").empty();
  broker.bootstrap = environment("STREAMS_TEST_BOOTSTRAP");
  if (!broker.bootstrap.empty()) return broker;
  broker.why_not = no_own_broker();
  if (!broker.why_not.empty()) return broker;
  const std::string folder = (fs::temp_directory_path() / ("streams-test-kafka-" + std::to_string(getpid()))).string();
  const std::string script = kafka_script();
  ::testing::AddGlobalTestEnvironment(new Stopper(script + "clean --dir " + quoted(folder) + " 2>/dev/null"));
  broker.bootstrap = run(script + "start --port 0 --dir " + quoted(folder));
  if (broker.bootstrap.empty())
    broker.why_not = "No Kafka could be started (its messages are above). " + std::string(kHowToGetOne);
  return broker;
}

}  // namespace

std::string no_own_broker() {
  if (no_librdkafka() != nullptr) return no_librdkafka();
  const std::string dev = environment("STREAMS_DEV");
  if (!dev.empty() && kafka_is_here(dev)) return {};
  return std::string("There is no Kafka to test against. ") + kHowToGetOne;
}

OwnBroker::OwnBroker(const std::string& folder, Security security)
    : path_(folder), folder_(quoted(folder)), security_(security) {}

OwnBroker::~OwnBroker() { run(kafka_script() + "clean --dir " + folder_ + " 2>/dev/null"); }

const std::string& OwnBroker::start() {
  const char* secured = security_ == Security::kSecured ? " --secured" : "";
  bootstrap_ = run(kafka_script() + "start --port 0 --dir " + folder_ + secured + " 2>/dev/null");
  return bootstrap_;
}

std::map<std::string, std::string> OwnBroker::client(const std::string& name) const {
  std::map<std::string, std::string> settings;
  std::ifstream file(path_ + "/" + name + ".properties");
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    settings[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return settings;
}

bool OwnBroker::set_acls(const std::vector<std::string>& acls) const {
  FILE* pipe = popen((kafka_script() + "acl --dir " + folder_ + " 2>/dev/null").c_str(), "w");
  if (pipe == nullptr) return false;
  for (const std::string& acl : acls) std::fprintf(pipe, "%s\n", acl.c_str());
  return pclose(pipe) == 0;
}

void OwnBroker::kill() { run(kafka_script() + "stop --kill --dir " + folder_ + " 2>/dev/null"); }

const TestBroker& test_broker() {
  static const TestBroker broker = find();
  return broker;
}

}  // namespace streams::testing
