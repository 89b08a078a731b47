// What turning values into bytes and back costs.
#include <streams/serde.hpp>
#include <streams/windowed_serdes.hpp>

#include <benchmark/benchmark.h>

namespace {

template <class T>
void round_trip(benchmark::State& state, const streams::SerdePtr<T>& serde, const T& value) {
  streams::Bytes bytes;
  for (auto _ : state) {
    bytes.clear();
    serde->serialize("topic", value, bytes);
    benchmark::DoNotOptimize(serde->deserialize("topic", bytes));
  }
}

void SerdeOfInt64(benchmark::State& state) {
  round_trip<std::int64_t>(state, streams::DefaultSerde<std::int64_t>::get(), 42);
}
void SerdeOfString(benchmark::State& state) {
  round_trip<std::string>(state, streams::DefaultSerde<std::string>::get(),
                          std::string(static_cast<std::size_t>(state.range(0)), 'x'));
}
void SerdeOfWindowedKey(benchmark::State& state) {
  round_trip<streams::Windowed<std::string>>(state, streams::time_windowed_serde<std::string>(10'000),
                                             {"user-000001", 10'000, 20'000});
}
BENCHMARK(SerdeOfInt64);
BENCHMARK(SerdeOfString)->Arg(10)->Arg(100);
BENCHMARK(SerdeOfWindowedKey);

}  // namespace
