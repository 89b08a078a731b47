// What a record costs between nodes.
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <benchmark/benchmark.h>

#include <streams/detail/steps.hpp>

namespace {

using streams::Record;
using streams::detail::NodeBase;
using streams::detail::Output;
using streams::detail::PassThroughStep;
using streams::detail::StepNode;

template <class K, class V>
struct CountingStep {
  std::int64_t* seen;
  void operator()(Record<K, V>&&, const Output<Record<K, V>>&) { ++*seen; }
};

/// A chain of `hops` nodes that do nothing, and one that counts.
template <class K, class V>
void hops(benchmark::State& state, const K& key, const V& value) {
  using R = Record<K, V>;
  using Pass = StepNode<R, R, PassThroughStep<K, V>>;
  std::int64_t seen = 0;
  std::vector<std::unique_ptr<Pass>> chain;
  StepNode<R, R, CountingStep<K, V>> end(CountingStep<K, V>{&seen});
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    chain.push_back(std::make_unique<Pass>(PassThroughStep<K, V>{}));
    if (i > 0) chain[static_cast<std::size_t>(i - 1)]->link(*chain.back());
  }
  chain.back()->link(end);
  for (auto _ : state) chain.front()->process(R{key, value, 0, {}});
  if (seen != static_cast<std::int64_t>(state.iterations())) state.SkipWithError("records were lost");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void HopsOfIntegers(benchmark::State& state) { hops<std::int64_t, std::int64_t>(state, 1, 2); }
void HopsOfStrings(benchmark::State& state) {
  hops<std::string, std::string>(state, "user-000001", std::string(100, 'x'));
}
BENCHMARK(HopsOfIntegers)->Arg(1)->Arg(5)->Arg(20);
BENCHMARK(HopsOfStrings)->Arg(1)->Arg(5)->Arg(20);

}  // namespace
