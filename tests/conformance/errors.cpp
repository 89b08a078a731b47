#include "errors.hpp"

#include <streams/detail/node.hpp>
#include <streams/errors.hpp>

#include <typeinfo>

namespace streams::conformance {

namespace {

struct Described {
  std::string name, message;
  std::exception_ptr cause;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// The library's types of errors by the names of their kinds in Kafka Streams.
Described describe(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const TaskError& e) {
    return {"StreamsException", e.what(), e.cause};
  } catch (const TopologyError& e) {
    return {"TopologyException", e.what(), nullptr};
  } catch (const ConfigError& e) {
    return {"ConfigException", e.what(), nullptr};
  } catch (const InvalidArgument& e) {
    return {"IllegalArgumentException", e.what(), nullptr};
  } catch (const NullArgument& e) {
    return {"NullPointerException", e.what(), nullptr};
  } catch (const SerializationError& e) {
    return {"SerializationException", e.what(), nullptr};
  } catch (const StreamsError& e) {
    return {"StreamsException", e.what(), nullptr};
  } catch (const UserError& e) {
    return {"RuntimeException", e.what(), nullptr};
  } catch (const std::exception& e) {
    return {typeid(e).name(), e.what(), nullptr};
  }
}

}  // namespace

Json describe_error(std::exception_ptr error) {
  Described outer = describe(error);
  Json json{{"class", outer.name}, {"message", first_line(outer.message)}};
  if (outer.cause == nullptr) return json;
  Described inner = describe(outer.cause);
  while (inner.cause != nullptr) inner = describe(inner.cause);
  json["cause"] = inner.name;
  json["cause_message"] = first_line(inner.message);
  return json;
}

}  // namespace streams::conformance
