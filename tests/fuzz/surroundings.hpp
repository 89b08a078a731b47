// What stores need of a task: rows in memory, a record, and nobody who listens.
#pragma once

#include "fuzz_target.hpp"

#include <state/byte_store.hpp>
#include <state/stores.hpp>
#include <streams/detail/task_context.hpp>

#include <memory>
#include <string>

namespace streams::fuzz {

struct Surroundings final : detail::StoreHost {
  std::unique_ptr<state::StateDatabase> database = state::make_in_memory({"store"});
  RecordContext context_record;

  state::StoreContext context() { return {context_record, {}, nullptr, "store"}; }
  state::ByteStore& rows() { return database->family("store"); }

  std::unique_ptr<state::KeyValueBytes> key_value(const detail::StoreSpec& spec) override {
    return state::make_key_value_store(rows(), spec.format, context());
  }
  std::unique_ptr<state::WindowBytes> window(const detail::StoreSpec&) override { return nullptr; }
  std::unique_ptr<state::SessionBytes> session(const detail::StoreSpec&) override { return nullptr; }
  std::unique_ptr<state::VersionedBytes> versioned(const detail::StoreSpec&) override { return nullptr; }
  void log(const detail::StoreSpec&, BytesView, OptionalView, Timestamp, const Headers&) override {}
  std::string changelog_topic(const std::string& store) const override { return store; }
  RecordContext& record() override { return context_record; }
};

/// Reads all rows there are.
template <class Iterator>
void walk(std::unique_ptr<Iterator> rows) {
  std::size_t bytes = 0;
  for (; rows->valid(); rows->next()) bytes += rows->key().size() + rows->value().size();
  require(bytes < (1U << 24), "rows are larger than what they came of");
}

/// What a store has to show, whatever is in it.
void read_all(state::WindowBytes& store);
void read_all(state::SessionBytes& store);
void read_all(state::VersionedBytes& store);

}  // namespace streams::fuzz
