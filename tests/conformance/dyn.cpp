#include "dyn.hpp"

#include <stdexcept>

namespace streams::conformance {

Type Type::parse(const std::string& name) {
  if (name == "string") return {};
  if (name == "long") return {Kind::kLong, nullptr, 0};
  if (name == "double") return {Kind::kDouble, nullptr, 0};
  if (name == "bytes") return {Kind::kBytes, nullptr, 0};
  throw CaseError("unknown type " + name);
}

Type Type::time_windowed(const Type& inner, std::int64_t size_ms) {
  return {Kind::kTimeWindowed, std::make_shared<Type>(inner), size_ms};
}

Type Type::session_windowed(const Type& inner) { return {Kind::kSessionWindowed, std::make_shared<Type>(inner), 0}; }

Dyn::Dyn(const Window& window) : content_(std::make_shared<const Window>(window)) {}
Dyn::Dyn(List list) : content_(std::make_shared<const List>(std::move(list))) {}

const Dyn::Window* Dyn::window() const {
  const auto* held = as<std::shared_ptr<const Window>>();
  return held == nullptr ? nullptr : held->get();
}

const Dyn::List* Dyn::list() const {
  const auto* held = as<std::shared_ptr<const List>>();
  return held == nullptr ? nullptr : held->get();
}

bool operator==(const Dyn& a, const Dyn& b) {
  if (a.content_.index() != b.content_.index()) return false;
  if (a.window() != nullptr) {
    return a.window()->key == b.window()->key && a.window()->start == b.window()->start &&
           a.window()->end == b.window()->end;
  }
  if (a.list() != nullptr) return *a.list() == *b.list();
  return a.content_ == b.content_;
}

bool less(const Dyn& a, const Dyn& b) {
  if (a.text() != nullptr && b.text() != nullptr) return *a.text() < *b.text();
  if (a.number() != nullptr && b.number() != nullptr) return *a.number() < *b.number();
  auto real = [](const Dyn& value) -> std::optional<double> {
    if (value.number() != nullptr) return static_cast<double>(*value.number());
    if (value.as<double>() != nullptr) return *value.as<double>();
    return std::nullopt;
  };
  return real(a) && real(b) && *real(a) < *real(b);
}

std::string show(const Dyn& value) {
  if (value.is_null()) return "null";
  if (value.text() != nullptr) return *value.text();
  if (value.number() != nullptr) return std::to_string(*value.number());
  if (value.as<bool>() != nullptr) return value.is_true() ? "true" : "false";
  if (const auto* blob = value.as<Dyn::Blob>()) return to_hex(blob->bytes);
  if (const auto* window = value.window()) {
    return "[" + show(window->key) + "@" + std::to_string(window->start) + "/" + std::to_string(window->end) + "]";
  }
  throw CaseError("a double or a list has no text");
}

std::string to_hex(BytesView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

Bytes from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) throw CaseError("odd number of hex digits: " + std::string(hex));
  Bytes out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

Json to_json(const Dyn& value) {
  if (value.is_null()) return nullptr;
  if (value.text() != nullptr) return *value.text();
  if (value.number() != nullptr) return *value.number();
  if (value.as<double>() != nullptr) return *value.as<double>();
  if (value.as<bool>() != nullptr) return value.is_true();
  if (const auto* blob = value.as<Dyn::Blob>()) return Json{{"hex", to_hex(blob->bytes)}};
  if (const auto* window = value.window()) {
    return Json{{"key", to_json(window->key)}, {"start", window->start}, {"end", window->end}};
  }
  Json list = Json::array();
  for (const Dyn& item : *value.list()) list.push_back(to_json(item));
  return list;
}

Dyn from_json(const Json& json, const Type& type) {
  if (json.is_null()) return Dyn();
  switch (type.kind) {
    case Type::Kind::kString:
      return Dyn(json.get<std::string>());
    case Type::Kind::kLong:
      return Dyn(json.get<std::int64_t>());
    case Type::Kind::kDouble:
      return Dyn(json.get<double>());
    case Type::Kind::kBytes:
      return Dyn(Dyn::Blob{from_hex(json.at("hex").get<std::string>())});
    case Type::Kind::kTimeWindowed:
    case Type::Kind::kSessionWindowed:
      return Dyn(Dyn::Window{from_json(json.at("key"), *type.inner), json.at("start").get<std::int64_t>(),
                             json.at("end").get<std::int64_t>()});
  }
  throw CaseError("unknown type");
}

}  // namespace streams::conformance
