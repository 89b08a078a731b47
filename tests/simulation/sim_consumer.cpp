// The consumer and the admin: late or lost answers, records that come a few at a time, deaths without leaving.
#include <simulation/clients.hpp>

#include <utility>

namespace streams::simulation {

namespace {

using client::TopicPartition;

const Status kGone{StatusCode::kFatal, "the process is gone"};

/// Passes on what the group says while somebody is there to hear it.
class Listener final : public client::RebalanceListener {
 public:
  explicit Listener(Process& process) : process_(&process) {}
  void hear(client::RebalanceListener& listener) { to_ = &listener; }
  void forget() { to_ = nullptr; }

  void on_assigned(std::span<const TopicPartition> added) override {
    if (to_ != nullptr && !process_->dead) to_->on_assigned(added);
  }
  void on_revoked(std::span<const TopicPartition> removed) override {
    if (to_ != nullptr && !process_->dead) to_->on_revoked(removed);
  }
  void on_lost(std::span<const TopicPartition> lost) override {
    if (to_ != nullptr && !process_->dead) to_->on_lost(lost);
  }

 private:
  Process* process_;
  client::RebalanceListener* to_ = nullptr;
};

/// A member that does not answer any more, until its session ends. Members go before those who listen.
struct Grave {
  std::unique_ptr<Listener> listener;
  std::unique_ptr<client::Consumer> consumer;
};

class SimConsumer final : public client::Consumer {
 public:
  SimConsumer(World& world, Process& process, std::unique_ptr<client::Consumer> inner)
      : world_(world), process_(process), listener_(std::make_unique<Listener>(process)), inner_(std::move(inner)) {}
  ~SimConsumer() override {
    if (!process_.dead) return;
    listener_->forget();
    auto grave = std::make_shared<Grave>();
    grave->listener = std::move(listener_);
    grave->consumer = std::move(inner_);
    world_.graves.push_back(std::move(grave));
  }

  Status subscribe(const std::vector<std::string>& topics, client::RebalanceListener& listener) override {
    if (process_.dead) return kGone;
    listener_->hear(listener);
    return inner_->subscribe(topics, *listener_);
  }
  Status assign(std::span<const client::PartitionStart> partitions) override {
    return process_.dead ? kGone : inner_->assign(partitions);
  }
  Status unassign(std::span<const TopicPartition> partitions) override {
    return process_.dead ? kGone : inner_->unassign(partitions);
  }
  Status seek(const client::PartitionStart& start) override { return process_.dead ? kGone : inner_->seek(start); }
  void poll(int, std::vector<client::ConsumerError>& errors) override {
    world_.point(process_, "poll");
    if (!process_.dead) inner_->poll(0, errors);
  }
  std::unique_ptr<client::RecordBatch> fetch(const TopicPartition& partition, std::size_t max) override {
    if (process_.dead) return nullptr;
    if (world_.rates.delay > 0) {
      if (world_.random.percent(10)) return nullptr;
      max = std::min(max, 1 + world_.random.below(20));
    }
    return inner_->fetch(partition, max);
  }
  bool at_end(const TopicPartition& partition) const override { return !process_.dead && inner_->at_end(partition); }
  std::int64_t position(const TopicPartition& partition) const override {
    return process_.dead ? -1 : inner_->position(partition);
  }
  Result<std::vector<client::OffsetAndMetadata>> committed(const std::vector<TopicPartition>& partitions,
                                                           int) override {
    const Verdict verdict = world_.call(process_, "committed", {StatusCode::kTimedOut, StatusCode::kUnavailable});
    if (process_.dead) return kGone;
    if (verdict.before()) return verdict.status();
    return inner_->committed(partitions, 0);
  }
  Status commit(const std::vector<client::OffsetAndMetadata>& offsets) override {
    const Verdict verdict = world_.call(
        process_, "commit", {StatusCode::kTimedOut, StatusCode::kUnavailable, StatusCode::kRebalanceInProgress});
    if (process_.dead) return kGone;
    if (verdict.before()) return verdict.status();
    Status status = inner_->commit(offsets);
    world_.point(process_, "committed offsets");
    return verdict.after() && verdict.code != StatusCode::kRebalanceInProgress ? verdict.status() : status;
  }
  Result<client::GroupMetadata> group_metadata() override {
    const Verdict verdict = world_.call(process_, "group_metadata", {StatusCode::kRebalanceInProgress});
    if (process_.dead) return kGone;
    if (verdict.before()) return verdict.status();
    return inner_->group_metadata();
  }
  void close(client::Leaving leaving) override {
    if (!process_.dead) world_.point(process_, "close");
    if (!process_.dead) inner_->close(leaving);
  }

 private:
  World& world_;
  Process& process_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<client::Consumer> inner_;
};

class SimAdmin final : public client::Admin {
 public:
  SimAdmin(World& world, Process& process, std::unique_ptr<client::Admin> inner)
      : world_(world), process_(process), inner_(std::move(inner)) {}

  Result<std::map<std::string, std::int32_t>> topics(const std::vector<std::string>& topics, int timeout) override {
    return ask("topics", [&] { return inner_->topics(topics, timeout); });
  }
  Result<std::vector<Status>> create_topics(const std::vector<client::NewTopic>& topics, int timeout) override {
    return ask("create_topics", [&] { return inner_->create_topics(topics, timeout); });
  }
  Status delete_topics(const std::vector<std::string>& topics, int timeout) override {
    return ask("delete_topics", [&] { return inner_->delete_topics(topics, timeout); });
  }
  Status delete_records(const std::vector<client::OffsetAndMetadata>& before, int timeout) override {
    return ask("delete_records", [&] { return inner_->delete_records(before, timeout); });
  }
  Result<std::map<TopicPartition, client::OffsetRange>> offsets(const std::vector<TopicPartition>& partitions,
                                                                int timeout) override {
    return ask("offsets", [&] { return inner_->offsets(partitions, timeout); });
  }
  Result<std::map<TopicPartition, std::int64_t>> offsets_at(const std::map<TopicPartition, Timestamp>& times,
                                                            int timeout) override {
    return ask("offsets_at", [&] { return inner_->offsets_at(times, timeout); });
  }
  Result<std::map<std::string, std::string>> topic_configs(const std::string& topic, int timeout) override {
    return ask("topic_configs", [&] { return inner_->topic_configs(topic, timeout); });
  }
  Result<client::GroupDescription> describe_group(const std::string& group, int timeout) override {
    return ask("describe_group", [&] { return inner_->describe_group(group, timeout); });
  }
  Status delete_group(const std::string& group, int timeout) override {
    return ask("delete_group", [&] { return inner_->delete_group(group, timeout); });
  }

 private:
  template <class Call>
  auto ask(const char* name, const Call& call) -> decltype(call()) {
    const AloneInProcess alone(&process_);
    const Verdict verdict = world_.call(process_, name, {StatusCode::kTimedOut, StatusCode::kUnavailable});
    if (process_.dead) return kGone;
    if (verdict.before()) return verdict.status();
    auto answer = call();
    if (verdict.after()) return verdict.status();
    return answer;
  }

  World& world_;
  Process& process_;
  const std::unique_ptr<client::Admin> inner_;
};

}  // namespace

std::unique_ptr<client::Consumer> SimClients::consumer(const client::Settings& settings) {
  return std::make_unique<SimConsumer>(world_, process_, world_.cluster.clients().consumer(settings));
}

std::unique_ptr<client::Admin> SimClients::admin(const client::Settings& settings) {
  return std::make_unique<SimAdmin>(world_, process_, world_.cluster.clients().admin(settings));
}

}  // namespace streams::simulation
