// The partitions of "orders" that an instance has, and the ids that it gives out in them.
#pragma once

#include "log_ends.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace orders {

/// Sees to it that an id is given once, while partitions move between instances.
///
/// 1. A partition that was just taken over answers nothing until its view has come to where the log ended then: the
///    former owner may have given ids that the view does not show yet.
/// 2. An id that is being written is taken, until the view shows it, or its partition goes.
/// 3. A partition goes only when what is being written into it has been stored or not: else the next owner would take
///    the end of the log too early. (An owner that was cut off is not waited for by anybody; its record may come
///    later.)
///
/// Threads: any.
class OwnedOrders {
 public:
  OwnedOrders(streams::client::ClientFactory& clients, const std::string& topic);

  /// By the thread that processes the partition, before its first record and after its last.
  void taken_over(std::int32_t partition);
  /// Waits until nothing is being written there, or 10 s.
  void given_up(std::int32_t partition);

  /// Where an order is, and which record the view must have come to.
  struct Place {
    std::int32_t partition = 0;
    std::int64_t last_offset = -1;  ///< -1: any will do
  };
  /// Throws streams::StreamsRebalancing if its partition is not here, or is not known well enough yet.
  Place place_of(const std::string& id) const;

  /// Takes an id: what release() and begin_writing() need; nullopt if it is being written. Throws as place_of().
  std::optional<std::uint64_t> take(const std::string& id);
  /// From now on the partition waits for release() or seen(). False if it has gone meanwhile: nothing may be written.
  bool begin_writing(const std::string& id, std::uint64_t taken);
  /// It is stored, and is going to come.
  void written(const std::string& id, std::uint64_t taken);
  /// It is free again.
  void release(const std::string& id, std::uint64_t taken);
  /// The view has it, or it was deleted.
  void seen(const std::string& id);

  /// Ids that the view does not show yet.
  std::size_t being_written() const;

 private:
  enum class Stage { kTaken, kWriting, kWritten };
  struct Id {
    std::uint64_t taken = 0;
    Stage stage = Stage::kTaken;
  };
  struct Partition {
    bool open = false;
    std::int64_t last_offset = -1;
    std::map<std::string, Id> ids;
  };
  void found(const LogEnds::End& end);
  std::int32_t partition_of(const std::string& id) const;
  const Partition& open_partition(const std::string& id) const;
  Id* find(const std::string& id, std::uint64_t taken);

  mutable std::mutex mutex_;
  std::condition_variable settled_;
  std::int32_t partition_count_ = 0;  ///< 0: not known yet
  std::map<std::int32_t, Partition> partitions_;
  std::uint64_t takes_ = 0;
  LogEnds ends_;
};

}  // namespace orders
