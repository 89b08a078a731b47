// Makes failing random cases smaller.
#include "random_check.hpp"

#include <set>

namespace streams::conformance {

namespace {

constexpr int kMostTries = 400;

/// The runs that differ and the part in which they do, without numbers: a smaller case must fail alike.
std::string kind_of(const std::string& failure) {
  std::string kind = failure.substr(0, failure.find(':', failure.find(':') + 1));
  std::erase_if(kind, [](char c) { return c >= '0' && c <= '9'; });
  return kind;
}

/// Everything that other operations refer to an operation by.
std::set<std::string> names_of(const Json& operation) {
  std::set<std::string> names;
  for (const char* field : {"id", "name"}) {
    if (operation.contains(field)) names.insert(operation.at(field).get<std::string>());
  }
  if (operation.contains("store") && operation.at("store").is_object())
    names.insert(operation.at("store").at("name").get<std::string>());
  if (operation.at("op") == "to" && operation.contains("topic")) names.insert(operation.at("topic").get<std::string>());
  for (const Json& branch : operation.value("branches", Json::array())) {
    if (branch.contains("id")) names.insert(branch.at("id").get<std::string>());
  }
  if (operation.contains("default")) names.insert(operation.at("default").at("id").get<std::string>());
  return names;
}

bool mentions(const Json& json, const std::set<std::string>& names) {
  if (json.is_string()) return names.count(json.get<std::string>()) > 0;
  if (!json.is_structured()) return false;
  for (const Json& part : json) {
    if (mentions(part, names)) return true;
  }
  return false;
}

class Shrinker {
 public:
  explicit Shrinker(Json test_case) : best_(std::move(test_case)), kind_(kind_of(check_random_case(best_).failure)) {}

  Json run() {
    while (tries_ < kMostTries && (shorten_input() | drop_operations())) {
    }
    return best_;
  }

 private:
  bool accept(Json candidate) {
    if (++tries_ > kMostTries || kind_of(check_random_case(candidate).failure) != kind_) return false;
    best_ = std::move(candidate);
    return true;
  }

  bool shorten_input() {
    bool shorter = false;
    for (std::size_t length = best_.at("input").size() / 2; length > 0; length /= 2) {
      for (std::size_t at = 0; at + length <= best_.at("input").size();) {
        Json candidate = best_;
        auto& steps = candidate["input"].get_ref<Json::array_t&>();
        const auto first = steps.begin() + static_cast<std::ptrdiff_t>(at);
        steps.erase(first, first + static_cast<std::ptrdiff_t>(length));
        if (accept(std::move(candidate))) {
          shorter = true;
        } else {
          at += length;
        }
      }
    }
    return shorter;
  }

  /// From the end: operations that no other one needs.
  bool drop_operations() {
    bool dropped = false;
    for (std::size_t i = best_.at("topology").size(); i-- > 0;) {
      const std::set<std::string> names = names_of(best_.at("topology")[i]);
      bool needed = false;
      for (std::size_t other = i + 1; other < best_.at("topology").size(); ++other)
        needed = needed || mentions(best_.at("topology")[other], names);
      if (needed) continue;
      Json candidate = best_;
      candidate["topology"].erase(i);
      dropped = accept(std::move(candidate)) || dropped;
    }
    return dropped;
  }

  Json best_;
  const std::string kind_;
  int tries_ = 0;
};

}  // namespace

Json shrunk(Json test_case) { return Shrinker(std::move(test_case)).run(); }

}  // namespace streams::conformance
