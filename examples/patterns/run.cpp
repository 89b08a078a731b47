// Two applications: the pattern, and one that watches its output topics. Both run on either kind of cluster.
#include "run.hpp"

#include <examples/feed/feed.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/logging.hpp>
#include <streams/processor.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace patterns {
namespace {

using streams::Bytes;
using streams::KafkaStreams;

constexpr auto kTimeout = 30s;

streams::Timestamp now_ms() {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Lines from the output topics, filled by the watching application's thread.
class Watched {
 public:
  explicit Watched(bool print) : print_(print) {}
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    if (print_) std::printf("  out  %s\n", line.c_str());
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kTimeout, [&] { return lines_.size() >= count; });
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  const bool print_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// Keys and values are taken as they are: bytes.
class Watch final : public streams::Processor<Bytes, Bytes, void, void> {
 public:
  Watch(Watched& watched, const Pattern& pattern, streams::Timestamp base)
      : watched_(watched), pattern_(pattern), base_(base) {}
  void process(streams::Record<Bytes, Bytes>&& record) override {
    const auto topic = context().record_metadata()->topic;
    const auto view = std::find_if(pattern_.outputs.begin(), pattern_.outputs.end(),
                                   [&](const TopicView& output) { return output.name == topic; });
    watched_.add(line_of(*view, base_, record.timestamp, record.key, record.value, record.headers));
  }

 private:
  Watched& watched_;
  const Pattern& pattern_;
  const streams::Timestamp base_;
};

streams::Topology watching(Watched& watched, const Pattern& pattern, streams::Timestamp base) {
  std::vector<std::string> topics;
  for (const TopicView& output : pattern.outputs) topics.push_back(output.name);
  streams::StreamsBuilder builder;
  builder.stream<Bytes, Bytes>(topics).process(
      [&watched, &pattern, base] { return std::make_unique<Watch>(watched, pattern, base); });
  return builder.build();
}

streams::StreamsConfig settings(const Pattern& pattern, const std::string& id, const std::filesystem::path& state) {
  streams::StreamsConfig config = pattern.config;
  config.set_logger(streams::stderr_logger(streams::LogLevel::kError));
  config.set("application.id", id).set("state.dir", state.string());
  const std::pair<const char*, const char*> ours[] = {
      {"statestore.cache.max.bytes", "0"},  // every update is to be seen
      {"max.task.idle.ms", "200"},          // where two topics meet, the one that is behind gets a little time
      {"commit.interval.ms", "50"},         // with exactly-once, results appear with the commit
      {"isolation.level", "read_committed"},
  };
  for (const auto& [key, value] : ours) {
    if (!config.is_set(key)) config.set(key, value);
  }
  return config;
}

class Run {
 public:
  Run(const Pattern& pattern, const RunOptions& options)
      : pattern_(pattern),
        options_(options),
        // Yesterday at midnight: days, hours and minutes begin where one expects it, and no broker thinks the records
        // too old or from the future.
        base_((now_ms() / 86'400'000 - 1) * 86'400'000),
        id_("pattern-" + pattern.name + "-" + std::to_string(::getpid()) + "-" + std::to_string(now_ms())),
        state_(std::filesystem::temp_directory_path() / id_),
        feed_(embedded() ? feed::make_embedded_feed(cluster_) : feed::make_kafka_feed(options.bootstrap_servers)),
        watched_(options.print) {}
  ~Run() { std::filesystem::remove_all(state_); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  std::vector<std::string> go() {
    create_topics();
    const auto watch = application(watching(watched_, pattern_, base_), id_ + "-watch", {});
    const auto app = application(pattern_.topology(), id_, pattern_);
    if (pattern_.replaces_failed_threads) {
      app->set_uncaught_exception_handler(
          [](const std::exception_ptr&) { return streams::UncaughtExceptionAction::kReplaceThread; });
    }
    std::size_t expected = 0;
    for (const Step& step : pattern_.steps) {
      feed_step(step);
      if (&step == &pattern_.steps.front()) {
        watch->start();
        app->start();
      }
      expected += step.out;
      if (!watched_.wait_for(expected)) give_up(*app, expected);
    }
    // Records flow a little earlier than the application says that it runs, and stores can be asked.
    while (app->state() == KafkaStreams::State::kRebalancing) std::this_thread::sleep_for(10ms);
    std::vector<std::string> lines = watched_.lines();
    for (const std::string& answer : pattern_.ask ? pattern_.ask(*app) : std::vector<std::string>()) {
      if (options_.print) std::printf("asked  %s\n", answer.c_str());
      lines.push_back(answer);
    }
    app->close();
    watch->close();
    delete_topics();
    return lines;
  }

 private:
  bool embedded() const { return options_.bootstrap_servers.empty(); }

  std::unique_ptr<KafkaStreams> application(const streams::Topology& topology, const std::string& id,
                                            const Pattern& of) {
    streams::StreamsConfig config = settings(of, id, state_);
    if (embedded()) return std::make_unique<KafkaStreams>(topology, config, cluster_);
    config.set("bootstrap.servers", options_.bootstrap_servers);
    return std::make_unique<KafkaStreams>(topology, config);
  }

  std::vector<std::string> topic_names() const {
    std::vector<std::string> names;
    for (const TopicView& topic : pattern_.inputs) names.push_back(topic.name);
    for (const TopicView& topic : pattern_.outputs) names.push_back(topic.name);
    return names;
  }
  void create_topics() {
    for (const std::string& topic : topic_names()) {
      if (feed_->create_topic(topic, 1, false)) continue;
      throw std::runtime_error("topic " + topic + " is there already, from an earlier run with --keep or as somebody " +
                               "else's: delete it if it is yours, or use another cluster (./dev kafka start)");
    }
  }
  void delete_topics() {
    if (embedded() || options_.keep_topics) return;
    std::vector<std::string> names = topic_names();
    for (const std::string& topic : feed_->topics()) {
      if (topic.starts_with(id_ + "-")) names.push_back(topic);  // what the library made for itself
    }
    feed_->delete_topics(names);
  }

  void feed_step(const Step& step) {
    std::this_thread::sleep_for(step.pause);
    for (const Sample& sample : step.in) {
      const streams::Timestamp time = base_ + sample.time.count();
      const auto view = std::find_if(pattern_.inputs.begin(), pattern_.inputs.end(),
                                     [&](const TopicView& input) { return input.name == sample.topic; });
      if (options_.print) std::printf("in     %s\n", line_of(*view, base_, time, sample.key, sample.value).c_str());
      feed_->send({sample.topic, sample.key, sample.value, time});
    }
    feed_->flush();
  }

  [[noreturn]] void give_up(KafkaStreams& app, std::size_t expected) {
    const std::string error = app.last_error();
    throw std::runtime_error("waited in vain: " + std::to_string(watched_.lines().size()) + " of " +
                             std::to_string(expected) + " results" + (error.empty() ? "" : "; " + error));
  }

  const Pattern& pattern_;
  const RunOptions& options_;
  const streams::Timestamp base_;
  const std::string id_;
  const std::filesystem::path state_;
  streams::EmbeddedCluster cluster_;
  std::unique_ptr<feed::Feed> feed_;
  Watched watched_;
};

}  // namespace

std::vector<std::string> run(const Pattern& pattern, const RunOptions& options) { return Run(pattern, options).go(); }

}  // namespace patterns
