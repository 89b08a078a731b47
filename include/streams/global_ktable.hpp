// GlobalKTable: a table of which every instance holds all rows.
//
// Source: org.apache.kafka.streams.kstream.GlobalKTable.
#pragma once

#include <streams/detail/table.hpp>

#include <string>
#include <utility>

namespace streams {

/// A handle to a global table. It is read completely before processing begins, and kept up to date by a thread of its
/// own. Streams join it by any key, without repartitioning.
template <class K, class V>
class GlobalKTable {
 public:
  /// The store's name, for queries.
  const std::string& queryable_store_name() const { return store_name_; }
  /// For the operators of the library.
  detail::TableView<K, V> view() const { return {{}, detail::store_view<K, V>(store_name_).make}; }

 private:
  friend class StreamsBuilder;
  explicit GlobalKTable(std::string store_name) : store_name_(std::move(store_name)) {}
  std::string store_name_;
};

}  // namespace streams
