// The task's record context while user code works with a record, and what processors are told of a wrong store.
#pragma once

#include <streams/detail/suppress_format.hpp>
#include <streams/detail/task_context.hpp>

#include <optional>
#include <string>
#include <typeinfo>

namespace streams::detail {

/// Makes a record's timestamp and headers the context's. The record may be moved away meanwhile: headers that differ
/// from those of the context are copied (no headers: nothing is). Source:
/// org.apache.kafka.streams.processor.internals.ProcessorContextImpl.forward.
class RecordScope {
 public:
  RecordScope(TaskContext& task, Timestamp timestamp, const Headers& headers)
      : same_(headers == *task.record.headers),
        kept_(same_ ? Headers() : headers),
        scope_(task, timestamp, same_ ? *task.record.headers : kept_) {}

 private:
  bool same_;
  Headers kept_;
  ContextScope scope_;
};

/// Makes the context that of no record: punctuations have a time, but neither headers nor a place where they were read.
/// Source: org.apache.kafka.streams.processor.internals.StreamTask.punctuate.
class PunctuationScope {
 public:
  PunctuationScope(TaskContext& task, Timestamp time) : task_(task), before_(task.record) {
    task_.record = RecordContext();
    task_.record.timestamp = time;
  }
  ~PunctuationScope() { task_.record = before_; }
  PunctuationScope(const PunctuationScope&) = delete;
  PunctuationScope& operator=(const PunctuationScope&) = delete;

 private:
  TaskContext& task_;
  RecordContext before_;
};

/// Makes the record that a buffered one comes from the one that is processed.
class BufferedScope {
 public:
  BufferedScope(TaskContext& task, const BufferedContext& context) : task_(task), before_(task.record) {
    task_.record = {context.topic, context.partition, context.offset, context.timestamp, &context.headers};
  }
  ~BufferedScope() { task_.record = before_; }
  BufferedScope(const BufferedScope&) = delete;
  BufferedScope& operator=(const BufferedScope&) = delete;

 private:
  TaskContext& task_;
  RecordContext before_;
};

/// Throws InvalidStateStore: a processor asks for a store as another type than it has.
[[noreturn]] void throw_wrong_store_type(const NodeBase& node, const std::string& store, const std::type_info& actual,
                                         const std::type_info& wanted);

}  // namespace streams::detail
