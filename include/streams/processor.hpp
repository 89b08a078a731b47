// The Processor API: processors of your own, and what they can ask of the task that runs them.
//
// Source: org.apache.kafka.streams.processor.api.
#pragma once

#include <streams/detail/node.hpp>
#include <streams/detail/record_scope.hpp>
#include <streams/record.hpp>
#include <streams/state_store.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace streams {

namespace detail {
template <class KIn, class VIn, class KOut, class VOut>
class ProcessorNode;
template <class K, class VIn, class VOut>
class FixedKeyProcessorNode;
template <class K, class V, class VOut>
class RunningTransformer;
}  // namespace detail

/// What drives a punctuation: the timestamps of records, or the clock on the wall.
using detail::PunctuationType;
/// Stops a scheduled punctuation.
using detail::Cancellable;

/// Where the record that is being processed was read. `topic` lives as long as the task.
struct RecordMetadata {
  std::string_view topic{};
  std::int32_t partition = -1;
  std::int64_t offset = -1;
};

/// What every processor can ask of its task. Valid from init() to close(), on the task's thread only.
class ProcessingContext {
 public:
  ProcessingContext(const ProcessingContext&) = delete;
  ProcessingContext& operator=(const ProcessingContext&) = delete;

  /// Setting application.id.
  const std::string& application_id() const { return task_.application_id(); }
  /// "<sub-topology>_<partition>"
  const std::string& task_id() const { return task_.task_id(); }
  /// Of the input record that led to the one being processed; nullopt in punctuations and in init().
  std::optional<RecordMetadata> record_metadata() const;
  /// The highest timestamp of the task's records so far; -1 before the first.
  Timestamp current_stream_time_ms() const { return task_.stream_time; }
  Timestamp current_system_time_ms() const { return task_.now_ms(); }
  /// A setting of the application, such as one of its own ("app."), as it was set; empty if it was not.
  std::string setting(const std::string& key) const { return task_.setting(key); }
  /// Asks for a commit soon; does not wait for it.
  void commit() { task_.request_commit(); }

  /// A store that is connected to this processor, or a global one (those must only be read). `Store` is an interface
  /// such as KeyValueStore<K, V>, or the class of a store of your own. Lives as long as the processor. Throws if the
  /// store is not connected, and InvalidStateStore if it is not a `Store`.
  template <class Store>
  Store& get_state_store(const std::string& name) const {
    StateStore& store = task_.store(node_, name);
    if (auto* typed = dynamic_cast<Store*>(&store)) return *typed;
    detail::throw_wrong_store_type(node_, name, typeid(store), typeid(Store));
  }

  /// Calls `punctuator` with the time again and again, between records, never while one is processed.
  ///
  /// kStreamTime: after the first record, then whenever stream time passes a multiple of `interval`; not while no
  /// records come. kWallClockTime: first after `interval`. Intervals that were missed are skipped. With `start`
  /// (milliseconds since the epoch) it fires at start + n * interval (KIP-1146). What is forwarded by it needs a
  /// timestamp of its own; stores see the punctuation's time and no headers. The punctuation ends with the task or by
  /// cancel(). Throws InvalidArgument if the interval is below 1 ms or `start` is negative.
  std::shared_ptr<Cancellable> schedule(std::chrono::milliseconds interval, PunctuationType type,
                                        std::function<void(Timestamp)> punctuator,
                                        std::optional<Timestamp> start = std::nullopt);

 protected:
  ProcessingContext(detail::TaskContext& task, detail::NodeBase& node) : task_(task), node_(node) {}
  ~ProcessingContext() = default;
  /// Checks that a record may be forwarded now and makes it the context's.
  detail::RecordScope enter(Timestamp timestamp, const Headers& headers) const {
    if (timestamp < 0 || !ready_) refuse_forward(timestamp);
    return {task_, timestamp, headers};
  }

  detail::TaskContext& task_;
  detail::NodeBase& node_;

 private:
  template <class, class, class, class>
  friend class detail::ProcessorNode;
  template <class, class, class>
  friend class detail::FixedKeyProcessorNode;
  [[noreturn]] void refuse_forward(Timestamp timestamp) const;

  bool ready_ = false;  ///< between init() and close(): the nodes below are initialised
};

/// Context of a processor that forwards records of KOut and VOut.
template <class KOut, class VOut>
class ProcessorContext final : public ProcessingContext {
 public:
  using Out = Record<KOut, VOut>;

  /// Made by the node that runs the processor.
  ProcessorContext(detail::TaskContext& task, detail::NodeBase& node, const detail::Output<Out>& out)
      : ProcessingContext(task, node), out_(out) {}

  /// Hands the record to all children, one after the other; returns when they are done with it. They see its timestamp
  /// and its headers. Throws InvalidArgument if the timestamp is negative.
  void forward(Out&& record) const {
    const detail::RecordScope scope = enter(record.timestamp, record.headers);
    out_.emit(std::move(record));
  }
  void forward(const Out& record) const { forward(Out(record)); }
  /// Only to the child of that name; throws StreamsError if there is none.
  void forward(Out&& record, const std::string& child) const {
    const detail::RecordScope scope = enter(record.timestamp, record.headers);
    out_.emit_to(node_, child, std::move(record));
  }
  void forward(const Out& record, const std::string& child) const { forward(Out(record), child); }

 private:
  const detail::Output<Out>& out_;
};

/// Context of a processor that forwards nothing.
template <>
class ProcessorContext<void, void> final : public ProcessingContext {
 public:
  /// Made by the node that runs the processor.
  ProcessorContext(detail::TaskContext& task, detail::NodeBase& node) : ProcessingContext(task, node) {}
};

/// A function over a stream with a life, stores and a clock. The library makes one per task (by its supplier) and calls
/// it on the task's thread only. What it throws goes to the processing exception handler.
///
/// KOut and VOut: what it forwards; void and void: nothing.
/// Source: org.apache.kafka.streams.processor.api.Processor, ContextualProcessor.
template <class KIn, class VIn, class KOut = KIn, class VOut = VIn>
class Processor {
 public:
  using Context = ProcessorContext<KOut, VOut>;

  virtual ~Processor() = default;
  /// Once before the first record, with the stores open; the same context is context() from then on.
  virtual void init(Context& /*context*/) {}
  /// The record is the processor's: it may be changed and moved on. Its key and value are nullopt where Kafka has null.
  virtual void process(Record<KIn, VIn>&& record) = 0;
  /// Once after the last record; nothing may be forwarded any more.
  virtual void close() {}

 protected:
  Context& context() const { return *context_; }

 private:
  friend class detail::ProcessorNode<KIn, VIn, KOut, VOut>;
  Context* context_ = nullptr;
};

/// A record whose key stays as it is. Only the library makes one from nothing. `value`, `timestamp` (milliseconds since
/// the epoch) and `headers` may be changed. Source: org.apache.kafka.streams.processor.api.FixedKeyRecord.
template <class K, class V>
class FixedKeyRecord {
 public:
  std::optional<V> value;
  Timestamp timestamp = 0;
  Headers headers;

  /// The key; nullopt where Kafka has null.
  const std::optional<K>& key() const { return key_; }
  /// The same record with another value, perhaps of another type. Takes key and headers along.
  template <class NewV>
  FixedKeyRecord<K, NewV> with_value(std::optional<NewV> new_value) && {
    return FixedKeyRecord<K, NewV>(std::move(key_), std::move(new_value), timestamp, std::move(headers));
  }
  template <class NewV>
  FixedKeyRecord<K, NewV> with_value(NewV new_value) && {
    return std::move(*this).with_value(std::optional<NewV>(std::move(new_value)));
  }
  template <class NewV>
  FixedKeyRecord<K, NewV> with_value(NewV new_value) const& {
    return FixedKeyRecord(*this).with_value(std::move(new_value));
  }

 private:
  template <class, class>
  friend class FixedKeyRecord;
  template <class, class>
  friend class FixedKeyProcessorContext;
  template <class, class, class>
  friend class detail::FixedKeyProcessorNode;

  FixedKeyRecord(std::optional<K>&& key, std::optional<V>&& new_value, Timestamp time, Headers&& new_headers)
      : value(std::move(new_value)), timestamp(time), headers(std::move(new_headers)), key_(std::move(key)) {}

  std::optional<K> key_;
};

/// Context of a processor that keeps keys as they are.
template <class K, class VOut>
class FixedKeyProcessorContext final : public ProcessingContext {
 public:
  using Out = FixedKeyRecord<K, VOut>;

  /// Made by the node that runs the processor.
  FixedKeyProcessorContext(detail::TaskContext& task, detail::NodeBase& node,
                           const detail::Output<Record<K, VOut>>& out)
      : ProcessingContext(task, node), out_(out) {}

  /// As ProcessorContext::forward().
  void forward(Out&& record) const {
    const detail::RecordScope scope = enter(record.timestamp, record.headers);
    out_.emit(plain(std::move(record)));
  }
  void forward(const Out& record) const { forward(Out(record)); }
  void forward(Out&& record, const std::string& child) const {
    const detail::RecordScope scope = enter(record.timestamp, record.headers);
    out_.emit_to(node_, child, plain(std::move(record)));
  }
  void forward(const Out& record, const std::string& child) const { forward(Out(record), child); }

 private:
  static Record<K, VOut> plain(Out&& record) {
    return {std::move(record.key_), std::move(record.value), record.timestamp, std::move(record.headers)};
  }

  const detail::Output<Record<K, VOut>>& out_;
};

/// A Processor that cannot change keys, so that nothing needs to be repartitioned after it.
/// Source: org.apache.kafka.streams.processor.api.FixedKeyProcessor.
template <class K, class VIn, class VOut = VIn>
class FixedKeyProcessor {
 public:
  using Context = FixedKeyProcessorContext<K, VOut>;

  virtual ~FixedKeyProcessor() = default;
  /// Once before the first record, with the stores open; the same context is context() from then on.
  virtual void init(Context& /*context*/) {}
  /// The record is the processor's: value, time and headers may be changed, and it may be moved on.
  virtual void process(FixedKeyRecord<K, VIn>&& record) = 0;
  /// Once after the last record; nothing may be forwarded any more.
  virtual void close() {}

 protected:
  Context& context() const { return *context_; }

 private:
  friend class detail::FixedKeyProcessorNode<K, VIn, VOut>;
  Context* context_ = nullptr;
};

/// Context of a transformer of values.
class ValueTransformerContext final : public ProcessingContext {
 public:
  /// Made by the node that runs the transformer.
  ValueTransformerContext(detail::TaskContext& task, detail::NodeBase& node) : ProcessingContext(task, node) {}
  /// Of the update, or of the row that is looked up; -1 if there is no row.
  Timestamp timestamp() const { return task_.record.timestamp; }
  /// Of the update's record; none where a row is looked up.
  const Headers& headers() const { return *task_.record.headers; }
};

/// Computes the value of a table's row, with a life, stores and a clock. The library makes one per task for the updates
/// of the table, and more for those that look rows up where the result is not stored: it may be called for a row any
/// number of times, in any order, and must not forward anything.
/// Source: org.apache.kafka.streams.kstream.ValueTransformerWithKey.
template <class K, class V, class VOut = V>
class ValueTransformerWithKey {
 public:
  using Context = ValueTransformerContext;

  virtual ~ValueTransformerWithKey() = default;
  /// Once before the first call, with the stores open; the same context is context() from then on.
  virtual void init(Context& /*context*/) {}
  /// A value of nullopt: there is no row. Giving nullopt deletes the row of the result.
  virtual std::optional<VOut> transform(const K& key, const std::optional<V>& value) = 0;
  /// Once after the last call.
  virtual void close() {}

 protected:
  Context& context() const { return *context_; }

 private:
  friend class detail::RunningTransformer<K, V, VOut>;
  Context* context_ = nullptr;
};

}  // namespace streams
