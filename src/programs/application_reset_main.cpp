// streams-application-reset: lets an application read its input again.
#include "reset_arguments.hpp"

#include <streams/clock.hpp>
#include <streams/errors.hpp>
#include <streams/kafka_clients.hpp>
#include <streams/logging.hpp>

#include <cstdio>
#include <exception>

namespace streams::programs {
namespace {

void show(const ResetReport& report, bool dry_run) {
  for (const ResetReport::Offset& one : report.offsets) {
    const std::string before = one.before < 0 ? "nothing" : std::to_string(one.before);
    std::printf("%s partition %d: %s -> %lld\n", one.partition.topic.c_str(), one.partition.partition, before.c_str(),
                static_cast<long long>(one.after));
  }
  for (const std::string& topic : report.deleted_topics) {
    std::printf("%s: %s\n", topic.c_str(), dry_run ? "would be deleted" : "deleted");
  }
  if (dry_run) {
    std::printf("Nothing was changed. Without --dry-run it is.\n");
  } else {
    std::printf("Done. Call KafkaStreams::clean_up() on each instance before it starts again.\n");
  }
}

int run(const ResetArguments& arguments) {
  const auto clients = client::make_kafka_clients(arguments.settings, stderr_logger(LogLevel::kWarn));
  show(reset_application(*clients, arguments.application_id, arguments.options), arguments.options.dry_run);
  return 0;
}

}  // namespace
}  // namespace streams::programs

int main(int argc, char** argv) {
  using namespace streams;
  programs::ResetArguments arguments;
  try {
    arguments = programs::parse_reset_arguments({argv + 1, argv + argc}, system_clock().now_ms());
  } catch (const InvalidArgument& error) {
    std::fprintf(stderr, "streams-application-reset: %s\n", error.what());
    return 2;
  }
  if (arguments.help) {
    std::fputs(programs::kResetUsage, stdout);
    return 0;
  }
  try {
    return programs::run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "streams-application-reset: %s\n", error.what());
    return 1;
  }
}
