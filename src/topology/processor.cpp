// What processors and their contexts do that needs no types, and what they say when it cannot be done.
#include <streams/detail/processor_node.hpp>

#include <cxxabi.h>

#include <cstdlib>

namespace streams {
namespace {

/// The name of a type as it is written, if the compiler's library knows it.
std::string readable(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 ? std::string(name.get()) : std::string(type.name());
}

/// ": <what>" of the exception that is being handled, as far as it says anything.
std::string reason() {
  try {
    throw;
  } catch (const std::exception& error) {
    return std::string(": ") + error.what();
  } catch (...) {
    return "";
  }
}

}  // namespace

std::optional<RecordMetadata> ProcessingContext::record_metadata() const {
  const RecordContext& record = task_.record;
  if (record.partition < 0) return std::nullopt;
  return RecordMetadata{record.topic, record.partition, record.offset};
}

std::shared_ptr<Cancellable> ProcessingContext::schedule(std::chrono::milliseconds interval, PunctuationType type,
                                                         std::function<void(Timestamp)> punctuator,
                                                         std::optional<Timestamp> start) {
  if (interval.count() < 1) throw InvalidArgument("The minimum supported scheduling interval is 1 millisecond.");
  if (start && *start < 0) throw InvalidArgument("The minimum supported start time is Instant.EPOCH.");
  if (punctuator == nullptr) throw NullArgument("The punctuator of " + node_.name() + " cannot be null.");
  auto fire = [&task = task_, punctuator = std::move(punctuator)](Timestamp now) {
    const detail::PunctuationScope scope(task, now);
    punctuator(now);
  };
  return task_.schedule(node_, interval.count(), type, std::move(fire), start);
}

void ProcessingContext::refuse_forward(Timestamp timestamp) const {
  if (timestamp < 0) throw InvalidArgument("Timestamp may not be negative. Got: " + std::to_string(timestamp));
  throw StreamsError(
      "Processor " + node_.name() +
      " cannot forward in init() or close(): the nodes below it are not ready. Forward while a record is "
      "processed, or schedule a punctuation.");
}

namespace detail {

void throw_wrong_store_type(const NodeBase& node, const std::string& store, const std::type_info& actual,
                            const std::type_info& wanted) {
  throw InvalidStateStore("StateStore " + store + " of processor " + node.name() + " is a " + readable(actual) +
                          ", not a " + readable(wanted) +
                          ". Ask for the interface and the key and value types that its builder says.");
}

void throw_supplier_gave_null(const std::string& node) {
  throw NullArgument("The supplier of " + node + " gave null. It must give a new processor each time it is called.");
}

void throw_supplier_gave_same(const std::string& node) {
  throw InvalidArgument("The supplier of " + node +
                        " gave one processor twice. It must give a new processor each time it is called.");
}

void throw_init_failed(const NodeBase& node) {
  throw TaskError("failed to initialize processor " + node.name() + reason(), std::current_exception());
}

void throw_close_failed(const NodeBase& node) {
  throw TaskError("failed to close processor " + node.name() + reason(), std::current_exception());
}

}  // namespace detail
}  // namespace streams
