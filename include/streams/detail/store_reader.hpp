// Reading the stores of running tasks from any thread, on bytes. Implemented by src/query; typed views are over it.
#pragma once

#include <streams/bytes.hpp>
#include <streams/detail/byte_stores.hpp>
#include <streams/detail/task_context.hpp>
#include <streams/query_position.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace streams::detail {

/// The rows of one store of one task: one of them is there.
struct StoreRows {
  state::KeyValueBytes* key_values = nullptr;
  state::WindowBytes* windows = nullptr;
  state::SessionBytes* sessions = nullptr;
  state::VersionedBytes* versions = nullptr;

  bool any() const { return key_values != nullptr || windows != nullptr || sessions != nullptr || versions != nullptr; }
};

/// A store of a task as a reader finds it. Nothing of it may be kept.
struct LocalStore {
  std::int32_t partition = 0;
  StoreRows rows;
  std::function<Position()> position;  ///< up to where the task has processed its inputs
};

/// Rows of any kind of store; what a kind does not have is 0. Views live until next().
class RowWalk {
 public:
  virtual ~RowWalk() = default;
  virtual bool valid() const = 0;
  virtual void next() = 0;
  virtual BytesView key() const = 0;
  virtual Timestamp start() const = 0;
  virtual Timestamp end() const = 0;
  virtual BytesView value() const = 0;
};

template <class Iterator>
class RowWalkOver final : public RowWalk {
 public:
  explicit RowWalkOver(std::unique_ptr<Iterator> rows) : rows_(std::move(rows)) {}
  bool valid() const override { return rows_->valid(); }
  void next() override { rows_->next(); }
  BytesView key() const override { return rows_->key(); }
  Timestamp start() const override {
    if constexpr (std::is_same_v<Iterator, state::ByteIterator>) {
      return 0;
    } else {
      return rows_->start();
    }
  }
  Timestamp end() const override {
    if constexpr (std::is_same_v<Iterator, state::SessionIterator>) {
      return rows_->end();
    } else {
      return 0;
    }
  }
  BytesView value() const override { return rows_->value(); }

 private:
  std::unique_ptr<Iterator> rows_;
};

template <class Iterator>
std::unique_ptr<RowWalk> row_walk(std::unique_ptr<Iterator> rows) {
  return std::make_unique<RowWalkOver<Iterator>>(std::move(rows));
}

/// One store of an instance: all partitions that are here, or one. Any thread.
class StoreReader {
 public:
  virtual ~StoreReader() = default;
  /// Calls `look` for each task's store until it says true; nobody writes to a store meanwhile, so be quick, and call
  /// nothing of a user. Gives whether it said true. Throws as KafkaStreams::store().
  virtual bool find(const std::function<bool(const LocalStore&)>& look) const = 0;
  /// The rows of what `open` gives for each task's store, one after the other. `open` is called as `look` above.
  /// The rows are read some at a time. Throws as KafkaStreams::store(), also from next().
  virtual std::unique_ptr<RowWalk> scan(std::function<std::unique_ptr<RowWalk>(const LocalStore&)> open) const = 0;
};

/// A store and how to read it.
struct ReadableStore {
  StoreSpec spec;
  std::string topic;  ///< that its serdes are called with
  std::shared_ptr<const StoreReader> reader;
};

}  // namespace streams::detail
