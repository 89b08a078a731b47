// KStream::print(): records as lines of text.
//
// Source: org.apache.kafka.streams.kstream.Printed, org.apache.kafka.streams.kstream.internals.PrintForeachAction.
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/node.hpp>
#include <streams/detail/processor_node.hpp>
#include <streams/options.hpp>
#include <streams/record.hpp>
#include <streams/state_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace streams::detail {

/// Where lines go: shared by the tasks of a topology, and safe to use by their threads.
class LinePrinter {
 public:
  virtual ~LinePrinter() = default;
  virtual void print(std::string_view line) = 0;
  virtual void flush() = 0;
};
/// Empties the file; throws TopologyError if it cannot be written.
std::shared_ptr<LinePrinter> make_line_printer(const Printed& printed);

std::string shown_number(double value);

template <class T>
struct IsWindowed : std::false_type {};
template <class K>
struct IsWindowed<Windowed<K>> : std::true_type {};

/// A key or value as text: what it is if it is a text, a number in decimal, else to_string(value) if there is such a
/// function in the type's namespace.
template <class T>
std::string shown(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_floating_point_v<T>) {
    return shown_number(value);
  } else if constexpr (IsWindowed<T>::value) {
    return "[" + shown(value.key) + "@" + std::to_string(value.start) + "/" + std::to_string(value.end) + "]";
  } else {
    using std::to_string;
    static_assert(
        requires { std::string(to_string(value)); },
        "streams: print() cannot show this type: give it a function that makes the text, or the type a to_string().");
    return to_string(value);
  }
}

/// "KEY, VALUE"; null where there is none.
struct DefaultText {
  template <class K, class V>
  std::string operator()(const std::optional<K>& key, const std::optional<V>& value) const {
    return (key ? shown(*key) : "null") + ", " + (value ? shown(*value) : "null");
  }
};

/// The text of a record by a function of the user.
template <class F, class K, class V>
struct UserText {
  F mapper;
  static_assert(kCallableWithKey<F, K, In<V>>,
                "streams: print() takes a function of (const V&) or (const K&, const V&) that gives the text.");
  std::string operator()(const std::optional<K>& key, const std::optional<V>& value) {
    return std::string(call_with_key(mapper, key, In<V>{value}));
  }
};

template <class K, class V, class Text>
class PrintNode final : public Node<Record<K, V>, NoRecord> {
 public:
  PrintNode(std::shared_ptr<LinePrinter> printer, const std::string& label, Text text)
      : printer_(std::move(printer)), label_("[" + label + "]: "), text_(std::move(text)) {}
  void close() override { printer_->flush(); }

 protected:
  void on_record(Record<K, V>&& record) override { printer_->print(label_ + text_(record.key, record.value)); }

 private:
  std::shared_ptr<LinePrinter> printer_;
  std::string label_;
  Text text_;
};

}  // namespace streams::detail
