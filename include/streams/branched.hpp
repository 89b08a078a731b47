// BranchedKStream: a stream that is being split by predicates.
#pragma once

#include <streams/detail/graph.hpp>
#include <streams/detail/steps.hpp>
#include <streams/options.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace streams {

template <class K, class V>
class KStream;

/// A stream that is being split. Every record goes to the first branch whose predicate accepts it; those that no branch
/// wants go to the default branch, or are dropped. The streams are found by "<name of the split><name of the branch>",
/// where unnamed branches are called 1, 2, ... and the default branch 0. Source:
/// org.apache.kafka.streams.kstream.BranchedKStream.
template <class K, class V>
class BranchedKStream {
 public:
  using Map = std::map<std::string, KStream<K, V>>;

  template <class Predicate>
  BranchedKStream& branch(Predicate predicate, const Branched& branched = {}) {
    add(std::move(predicate), branched);
    return *this;
  }
  /// Ends the split, with a branch for the rest.
  Map default_branch(const Branched& branched = {});
  /// Ends the split.
  Map no_default_branch() { return streams_; }

  /// Hands the branch to `use` rather than putting it into the map; if that gives a stream, the stream is put there.
  template <class Predicate, class Use>
  BranchedKStream& branch(Predicate predicate, const Branched& branched, Use use);
  template <class Use>
  Map default_branch(const Branched& branched, Use use);

 private:
  friend class KStream<K, V>;
  BranchedKStream(const KStream<K, V>& source, const Named& named);
  template <class Predicate>
  std::pair<std::string, KStream<K, V>> make(Predicate predicate, const Branched& branched);
  std::pair<std::string, KStream<K, V>> make_child(const Branched& branched, std::size_t index);
  template <class Predicate>
  void add(Predicate predicate, const Branched& branched) {
    streams_.insert(make(std::move(predicate), branched));
  }
  template <class Use>
  void use_branch(std::pair<std::string, KStream<K, V>> made, Use use);

  KStream<K, V> source_;
  std::string name_;
  std::shared_ptr<detail::Branches<K, V>> branches_;
  detail::Handle splitter_;
  Map streams_;
};

}  // namespace streams

#include <streams/kstream.hpp>
