// Sticky assignment: keep what is owned, hand out what is free, then even out the loads one partition at a time.
#include "client/embedded/assignor.hpp"

#include <algorithm>
#include <numeric>

namespace streams::client::embedded {
namespace {

class Assignor {
 public:
  Assignor(const std::vector<Claim>& claims, const std::map<std::string, std::int32_t>& topics)
      : claims_(claims), topics_(topics), assigned_(claims.size()), load_(claims.size()) {}

  std::vector<PartitionSet> run() {
    keep_owned();
    give_free();
    while (move_one()) {
    }
    return std::move(assigned_);
  }

 private:
  void give(std::size_t member, const std::string& topic, std::int32_t partition) {
    assigned_[member][topic].insert(partition);
    ++load_[member];
  }

  std::size_t load_of(std::size_t member, const std::string& topic) const {
    const auto found = assigned_[member].find(topic);
    return found == assigned_[member].end() ? 0 : found->second.size();
  }

  void keep_owned() {
    for (std::size_t m = 0; m < claims_.size(); ++m) {
      for (const TopicPartition& p : claims_[m].owned) {
        const auto topic = topics_.find(p.topic);
        const bool valid = topic != topics_.end() && p.partition < topic->second && claims_[m].topics.contains(p.topic);
        if (valid && taken_.insert(p).second) give(m, p.topic, p.partition);
      }
    }
  }

  void give_free() {
    for (const auto& [topic, count] : topics_) {
      for (std::int32_t p = 0; p < count; ++p) {
        if (taken_.contains({topic, p})) continue;
        std::size_t best = claims_.size();
        for (std::size_t m = 0; m < claims_.size(); ++m) {
          if (!claims_[m].topics.contains(topic)) continue;
          if (best == claims_.size() || cost(m, topic) < cost(best, topic)) best = m;
        }
        if (best != claims_.size()) give(best, topic, p);
      }
    }
  }

  std::pair<std::size_t, std::size_t> cost(std::size_t member, const std::string& topic) const {
    return {load_[member], load_of(member, topic)};
  }

  /// Moves a partition from a member to another with at least two fewer; false if there is none that can take it.
  bool move_one() {
    std::vector<std::size_t> order(claims_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return load_[a] < load_[b]; });
    for (const std::size_t light : order) {
      for (auto heavy = order.rbegin(); heavy != order.rend() && load_[*heavy] > load_[light] + 1; ++heavy) {
        if (move_between(*heavy, light)) return true;
      }
    }
    return false;
  }

  /// Of the topics that both read, the one where the difference is largest.
  bool move_between(std::size_t heavy, std::size_t light) {
    const std::string* best = nullptr;
    std::ptrdiff_t best_gap = 0;
    for (const auto& [topic, partitions] : assigned_[heavy]) {
      if (partitions.empty() || !claims_[light].topics.contains(topic)) continue;
      const auto gap =
          static_cast<std::ptrdiff_t>(partitions.size()) - static_cast<std::ptrdiff_t>(load_of(light, topic));
      if (best == nullptr || gap > best_gap) {
        best = &topic;
        best_gap = gap;
      }
    }
    if (best == nullptr) return false;
    std::set<std::int32_t>& from = assigned_[heavy].find(*best)->second;
    const std::int32_t partition = *from.rbegin();
    from.erase(partition);
    --load_[heavy];
    give(light, *best, partition);
    return true;
  }

  const std::vector<Claim>& claims_;
  const std::map<std::string, std::int32_t>& topics_;
  std::vector<PartitionSet> assigned_;
  std::vector<std::size_t> load_;
  std::set<TopicPartition> taken_;
};

}  // namespace

std::vector<PartitionSet> assign_sticky(const std::vector<Claim>& claims,
                                        const std::map<std::string, std::int32_t>& topics) {
  return Assignor(claims, topics).run();
}

}  // namespace streams::client::embedded
