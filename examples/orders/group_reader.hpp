// Reads a topic as a member of a consumer group, with plain clients: what the services without topology have in common.
#pragma once

#include <streams/client.hpp>

#include <memory>
#include <set>
#include <span>
#include <string>

namespace orders {

/// A consumer and the partitions that its group gave it, each read from where the group has committed. Belongs to one
/// thread. Partitions come and go inside poll() only: nothing may be uncommitted then.
class GroupReader final : public streams::client::RebalanceListener {
 public:
  /// Setting "group.id" names the group.
  GroupReader(streams::client::ClientFactory& clients, const streams::client::Settings& settings);
  ~GroupReader() override;
  GroupReader(const GroupReader&) = delete;
  GroupReader& operator=(const GroupReader&) = delete;

  streams::Status subscribe(const std::string& topic);
  /// Waits for records or changes of the group, and takes new partitions on. Who got an error may go on with the next
  /// poll.
  streams::Status poll(int timeout_ms);
  /// To be fetched from.
  const std::set<streams::client::TopicPartition>& partitions() const { return reading_; }
  /// Goes back to what is committed, in all partitions.
  void start_over();
  streams::client::Consumer& consumer() { return *consumer_; }

  void on_assigned(std::span<const streams::client::TopicPartition> added) override;
  void on_revoked(std::span<const streams::client::TopicPartition> removed) override;
  void on_lost(std::span<const streams::client::TopicPartition> lost) override { on_revoked(lost); }

 private:
  streams::Status begin_reading();

  std::set<streams::client::TopicPartition> waiting_, reading_;
  std::unique_ptr<streams::client::Consumer> consumer_;
};

}  // namespace orders
