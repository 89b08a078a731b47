// The input of random cases.
#include "random_generator.hpp"

#include <algorithm>

namespace streams::conformance {

Json Generator::input() {
  Json steps = Json::array();
  for (int left = 50 + pick(30); left > 0; --left) {
    const int kind = pick(100);
    if (kind < 8) {
      steps.push_back(batch());
    } else if (kind < 11) {
      steps.push_back({{"advance_wall_clock_ms", pick(60)}});
    } else {
      steps.push_back(record());
    }
  }
  return steps;
}

Json Generator::record() {
  const Topic& topic = topics_[random_.below(topics_.size())];
  now_ += pick(15) == 0 ? 50 + pick(100) : pick(12);
  const int late = !ordered_input_ && chance(20) ? pick(60) : 0;
  Json record{{"topic", topic.name}, {"ts", std::max(0, now_ - late)}};
  record["key"] = chance(3) ? Json() : Json(std::string(1, static_cast<char>('a' + pick(4))));
  if (chance(8)) {
    record["value"] = nullptr;
  } else if (topic.is_long) {
    record["value"] = pick(25) - 5;
  } else {
    record["value"] = std::string(1, static_cast<char>('a' + pick(4))) + std::to_string(pick(4));
  }
  if (chance(20)) record["headers"] = Json::array({Json::array({"h", std::to_string(pick(5))})});
  return record;
}

Json Generator::batch() {
  Json records = Json::array();
  for (int left = 2 + pick(3); left > 0; --left) records.push_back(record());
  return {{"batch", records}};
}

}  // namespace streams::conformance
