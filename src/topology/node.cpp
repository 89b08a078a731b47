// What the typed nodes throw when they are linked or used wrongly, and settings that they look at.
#include <streams/detail/invoke.hpp>
#include <streams/detail/node.hpp>
#include <streams/detail/sink_node.hpp>
#include <streams/detail/task_context.hpp>

#include <charconv>

namespace streams::detail {

void throw_null_argument() {
  throw NullArgument(
      "A function got a null key or value, but takes a reference. Let it take a pointer or a std::optional to see "
      "nulls.");
}

std::int64_t emit_interval(const TaskContext& context, const char* setting) {
  std::int64_t interval = context.emit_interval_ms();
  const std::string text = context.setting(setting);  // checked when it was set
  std::from_chars(text.data(), text.data() + text.size(), interval);
  return interval;
}

void throw_null_function(const char* what) { throw NullArgument(std::string(what) + " cannot be null"); }

void throw_type_mismatch(const std::string& parent, const std::string& child) {
  throw TopologyError("Invalid topology: " + child + " does not take the records that its parent " + parent +
                      " emits: their key or value types differ. Give both the same types, or convert in between.");
}

void throw_unknown_child(const std::string& parent, const std::string& child) {
  throw StreamsError("Unknown downstream node: " + child +
                     " either does not exist or is not connected to this processor " + parent + ". Connect it with " +
                     parent + " as its parent.");
}

void throw_not_copyable(const std::string& parent) {
  throw TopologyError("Invalid topology: " + parent +
                      " has several children, but its records cannot be copied. Leave it one child, or use a type that "
                      "can be copied (a std::shared_ptr to what cannot).");
}

void throw_sink_has_no_children(const std::string& sink, const std::string& child) {
  throw TopologyError("Invalid topology: Sink " + sink + " cannot be used a parent. Connect " + child +
                      " to the node above the sink.");
}

void check_sink_timestamp(Timestamp timestamp) {
  if (timestamp >= 0) return;
  throw InvalidArgument("Invalid timestamp: " + std::to_string(timestamp) +
                        ". Timestamp should always be non-negative.");
}

void check_sink_partition(std::int32_t partition) {
  if (partition >= 0) return;
  throw InvalidArgument("Invalid partition: " + std::to_string(partition) +
                        ". Partition number should always be non-negative.");
}

}  // namespace streams::detail
