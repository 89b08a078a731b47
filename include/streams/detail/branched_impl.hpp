// The members of BranchedKStream.
#pragma once

#include <streams/branched.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams {

template <class K, class V>
BranchedKStream<K, V>::BranchedKStream(const KStream<K, V>& source, const Named& named)
    : source_(source),
      name_(source.handle_.graph->name_or_new(named.name, "KSTREAM-BRANCH-")),
      branches_(std::make_shared<detail::Branches<K, V>>()) {
  detail::NodeFactory factory = [branches = branches_]() -> std::unique_ptr<detail::NodeBase> {
    return std::make_unique<detail::BranchNode<K, V>>(branches);
  };
  splitter_ = detail::add_processor(source.handle_, {name_, std::move(factory), nullptr, {}});
}

template <class K, class V>
std::pair<std::string, KStream<K, V>> BranchedKStream<K, V>::make_child(const Branched& branched, std::size_t index) {
  const std::string name = name_ + (branched.name.empty() ? std::to_string(index) : branched.name.text());
  branches_->children.push_back(name);
  source_.handle_.graph->new_name("");  // Kafka Streams takes a number here
  detail::Handle handle = detail::add_processor(
      splitter_,
      {name, detail::step_factory<Record<K, V>, Record<K, V>>(detail::PassThroughStep<K, V>{}), nullptr, {}});
  return {name, KStream<K, V>(std::move(handle), source_.key_serde_, source_.value_serde_)};
}

template <class K, class V>
template <class Predicate>
std::pair<std::string, KStream<K, V>> BranchedKStream<K, V>::make(Predicate predicate, const Branched& branched) {
  static_cast<void>(detail::PredicateOf<Predicate, K, V>{});
  detail::check_function(predicate, "predicate");
  branches_->predicates.push_back([predicate](const std::optional<K>& key, const std::optional<V>& value) mutable {
    return static_cast<bool>(detail::call_with_key(predicate, key, detail::In<V>{value}));
  });
  return make_child(branched, branches_->predicates.size());
}

template <class K, class V>
template <class Use>
void BranchedKStream<K, V>::use_branch(std::pair<std::string, KStream<K, V>> made, Use use) {
  if constexpr (std::is_void_v<std::invoke_result_t<Use&, KStream<K, V>>>) {
    use(made.second);
  } else {
    streams_.emplace(made.first, use(made.second));
  }
}

template <class K, class V>
template <class Predicate, class Use>
BranchedKStream<K, V>& BranchedKStream<K, V>::branch(Predicate predicate, const Branched& branched, Use use) {
  use_branch(make(std::move(predicate), branched), std::move(use));
  return *this;
}

template <class K, class V>
std::map<std::string, KStream<K, V>> BranchedKStream<K, V>::default_branch(const Branched& branched) {
  streams_.insert(make_child(branched, 0));
  return streams_;
}

template <class K, class V>
template <class Use>
std::map<std::string, KStream<K, V>> BranchedKStream<K, V>::default_branch(const Branched& branched, Use use) {
  use_branch(make_child(branched, 0), std::move(use));
  return streams_;
}

}  // namespace streams
