// Dyn: a value whose type is known at run time only; what the topologies of the conformance cases are made of.
#pragma once

#include <streams/bytes.hpp>
#include <streams/state_store.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace streams::conformance {

using Json = nlohmann::json;

/// The type of a stream's keys or values.
struct Type {
  enum class Kind { kString, kLong, kDouble, kBytes, kTimeWindowed, kSessionWindowed };
  Kind kind = Kind::kString;
  std::shared_ptr<const Type> inner;  ///< of windowed keys
  std::int64_t size_ms = 0;           ///< of time windows

  static Type parse(const std::string& name);
  static Type time_windowed(const Type& inner, std::int64_t size_ms);
  static Type session_windowed(const Type& inner);
  bool windowed() const { return kind == Kind::kTimeWindowed || kind == Kind::kSessionWindowed; }
};

/// A value of the expression language, null included. Between operators null is an absent Dyn, never a null one.
class Dyn {
 public:
  struct Blob {
    Bytes bytes;
    friend auto operator<=>(const Blob&, const Blob&) = default;
  };
  using Window = Windowed<Dyn>;
  using List = std::vector<Dyn>;
  using Content = std::variant<std::monostate, std::string, std::int64_t, double, bool, Blob,
                               std::shared_ptr<const Window>, std::shared_ptr<const List>>;

  Dyn() = default;
  explicit Dyn(std::string text) : content_(std::move(text)) {}
  explicit Dyn(std::int64_t number) : content_(number) {}
  Dyn(int number) : content_(std::int64_t{number}) {}  // NOLINT(google-explicit-constructor): counts begin with 0
  explicit Dyn(double number) : content_(number) {}
  explicit Dyn(bool truth) : content_(truth) {}
  explicit Dyn(Blob blob) : content_(std::move(blob)) {}
  explicit Dyn(const Window& window);
  explicit Dyn(List list);
  Dyn(const char*) = delete;

  bool is_null() const { return std::holds_alternative<std::monostate>(content_); }
  bool is_true() const { return as<bool>() != nullptr && *as<bool>(); }
  /// The content if it is of that type, else null.
  template <class T>
  const T* as() const {
    return std::get_if<T>(&content_);
  }
  const std::string* text() const { return as<std::string>(); }
  const std::int64_t* number() const { return as<std::int64_t>(); }
  const Window* window() const;
  const List* list() const;

  /// For count(): both are longs.
  friend Dyn operator+(const Dyn& a, const Dyn& b) { return Dyn(*a.number() + *b.number()); }
  friend Dyn operator-(const Dyn& a, const Dyn& b) { return Dyn(*a.number() - *b.number()); }

  /// Same value of the same type.
  friend bool operator==(const Dyn& a, const Dyn& b);

 private:
  Content content_;
};

/// The order of `lt`; false if either is null or they cannot be compared.
bool less(const Dyn& a, const Dyn& b);
/// Text as by `show`.
std::string show(const Dyn& value);
inline std::string to_string(const Dyn& value) { return show(value); }

inline std::optional<Dyn> to_optional(Dyn value) {
  if (value.is_null()) return std::nullopt;
  return value;
}

std::string to_hex(BytesView bytes);
Bytes from_hex(std::string_view hex);

/// The JSON form of a value in a case; null for null.
Json to_json(const Dyn& value);
/// A value of a case, of the given type.
Dyn from_json(const Json& json, const Type& type);

/// What `fail` throws: an exception of the user's code.
struct UserError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The case says something that the interpreter does not understand.
struct CaseError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace streams::conformance
