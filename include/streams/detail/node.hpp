// The physical graph: typed nodes that hand records to their children, one virtual call per hop, depth first.
#pragma once

#include <streams/detail/task_context.hpp>
#include <streams/errors.hpp>
#include <streams/record.hpp>

#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streams {

/// A task cannot go on: user code threw and the handler says fail, or a record cannot be sent. `cause` is the original
/// exception. Source: org.apache.kafka.streams.errors.StreamsException.
struct TaskError : StreamsError {
  TaskError(const std::string& what, std::exception_ptr cause_in = nullptr)
      : StreamsError(what), cause(std::move(cause_in)) {}
  std::exception_ptr cause;
};

}  // namespace streams

namespace streams::detail {

/// A node of one task's graph, untyped: name, children, life cycle.
class NodeBase {
 public:
  NodeBase() = default;
  virtual ~NodeBase() = default;
  NodeBase(const NodeBase&) = delete;
  NodeBase& operator=(const NodeBase&) = delete;

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  /// Adds a child; throws TopologyError if it does not take what this node emits.
  virtual void link(NodeBase& child) = 0;
  /// Stores are open and children are linked. Nodes are initialised in the order of the plan.
  virtual void init(TaskContext& context) { context_ = &context; }
  virtual void close() {}
  /// Whether records end here.
  virtual bool childless() const = 0;
  /// From now on TaskContext::done() is told of each record that is through this node, with this number.
  void tell_when_done(int number) { told_as_ = number; }

 protected:
  TaskContext& context() const { return *context_; }
  void done_with(Timestamp timestamp) const {
    if (told_as_ >= 0) context_->done(told_as_, timestamp);
  }

 private:
  std::string name_;
  TaskContext* context_ = nullptr;
  int told_as_ = -1;
};

/// Takes records of one type.
template <class In>
class Receiver {
 public:
  virtual void process(In&& record) = 0;

 protected:
  ~Receiver() = default;
};

[[noreturn]] void throw_type_mismatch(const std::string& parent, const std::string& child);
[[noreturn]] void throw_unknown_child(const std::string& parent, const std::string& child);
[[noreturn]] void throw_not_copyable(const std::string& parent);

/// The children of a node that take records of type Out.
template <class Out>
class Output {
 public:
  void link(const NodeBase& self, NodeBase& child) {
    auto* receiver = dynamic_cast<Receiver<Out>*>(&child);
    if (receiver == nullptr) throw_type_mismatch(self.name(), child.name());
    if (!std::is_copy_constructible_v<Out> && !targets_.empty()) throw_not_copyable(self.name());
    targets_.push_back({receiver, &child});
  }
  bool empty() const { return targets_.empty(); }

  /// To every child in order: copies for all but the last.
  void emit(Out&& record) const {
    if (targets_.empty()) return;
    if constexpr (std::is_copy_constructible_v<Out>) {
      for (std::size_t i = 0; i + 1 < targets_.size(); ++i) {
        Out copy = record;
        targets_[i].receiver->process(std::move(copy));
      }
    }
    targets_.back().receiver->process(std::move(record));
  }
  void emit_to(const NodeBase& self, const std::string& child, Out&& record) const {
    for (const Target& target : targets_) {
      if (target.node->name() == child) return target.receiver->process(std::move(record));
    }
    throw_unknown_child(self.name(), child);
  }
  /// The position of a child; throws TopologyError if there is none of that name.
  std::size_t index_of(const NodeBase& self, const std::string& child) const {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      if (targets_[i].node->name() == child) return i;
    }
    throw_unknown_child(self.name(), child);
  }
  /// To the child of that position, in the order in which they were linked.
  void emit_at(std::size_t index, Out&& record) const { targets_[index].receiver->process(std::move(record)); }

 private:
  struct Target {
    Receiver<Out>* receiver;
    NodeBase* node;
  };
  std::vector<Target> targets_;
};

/// A node that takes In and emits Out. What on_record throws goes to the processing exception handler: the one error
/// boundary of user code. Nodes run inside of those that forward to them, so a failure meets the boundary of its own
/// node first; where the handler says fail it goes on as a TaskError, which the nodes above let pass.
template <class In, class Out>
class Node : public NodeBase, public Receiver<In> {
 public:
  void link(NodeBase& child) override { out_.link(*this, child); }
  bool childless() const final { return out_.empty(); }
  void process(In&& record) final {
    const Timestamp timestamp = record.timestamp;
    try {
      on_record(std::move(record));
    } catch (const TaskError&) {
      throw;
    } catch (...) {
      context().processing_failed(*this);
    }
    this->done_with(timestamp);
  }

 protected:
  virtual void on_record(In&& record) = 0;
  void forward(Out&& record) const { out_.emit(std::move(record)); }
  const Output<Out>& out() const { return out_; }

 private:
  Output<Out> out_;
};

/// Runs a stateless step: any callable (In&&, const Output<Out>&) that emits zero or more records.
template <class In, class Out, class Step>
class StepNode final : public Node<In, Out> {
 public:
  explicit StepNode(Step step) : step_(std::move(step)) {}

 protected:
  void on_record(In&& record) override { step_(std::move(record), this->out()); }

 private:
  Step step_;
};

/// A record as it was read, before decoding. Views live until the lane has decoded the next one.
struct RawRecord {
  std::string_view topic;  ///< lives as long as the task
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Timestamp timestamp = 0;
  OptionalView key;
  OptionalView value;
  Headers headers;
};

/// The decoded head of one input partition's queue.
class SourceLane {
 public:
  virtual ~SourceLane() = default;
  /// Throws whatever the serde throws. The lane takes the headers.
  virtual void decode(RawRecord&& record) = 0;
  /// The source's own timestamp extractor; nullopt if it has none (the application's default applies). May throw.
  virtual std::optional<Timestamp> extract(Timestamp partition_time) = 0;
  /// Sends the decoded record to the node's children, with this timestamp.
  virtual void process(Timestamp timestamp) = 0;
  virtual const Headers& headers() const = 0;
};

class SourceNodeBase : public NodeBase {
 public:
  virtual std::unique_ptr<SourceLane> make_lane() = 0;
};

}  // namespace streams::detail
