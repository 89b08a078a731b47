// streams_fuzz TARGET [HEX...]: runs a target over its corpus and over random mutations of it, or over the inputs
// given.
//
// STREAMS_FUZZ_SECONDS says for how long, STREAMS_FUZZ_SEED which mutations. An input that fails is printed as hex: as
// an argument it repeats the failure, as a line of tests/fuzz/corpus/TARGET.txt it is kept.
#include "fuzz_target.hpp"
#include "mutator.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>

/// A size out of the input is no reason to ask for much memory.
extern "C" const char* __asan_default_options() { return "max_allocation_size_mb=64"; }
#endif

namespace streams::fuzz {
namespace {

constexpr std::uint64_t kSeconds = 2;
constexpr unsigned kHangSeconds = 20;

const Target* running = nullptr;
BytesView current;

std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::stoull(text) : fallback;
}

std::string to_hex(BytesView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

/// Called once, when all is lost already.
void tell_input() {
  std::fprintf(stderr, "\nThe input, to be kept in tests/fuzz/corpus/%s.txt: %s\n", running->name,
               to_hex(current).c_str());
}

void on_signal(int signal) {
  std::signal(signal, SIG_DFL);
  if (signal == SIGALRM) std::fprintf(stderr, "wrong: an input of some bytes takes %u seconds\n", kHangSeconds);
  tell_input();
  std::raise(signal);
}

void tell_of_deaths() {
  std::signal(SIGALRM, on_signal);
  std::signal(SIGABRT, on_signal);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(tell_input);
#else
  std::signal(SIGSEGV, on_signal);
  std::signal(SIGFPE, on_signal);
#endif
}

void run(BytesView input) {
  current = input;
  ::alarm(kHangSeconds);
  try {
    feed(*running, input);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wrong: this escapes: %s\n", error.what());
    tell_input();
    std::_Exit(1);
  }
  ::alarm(0);
}

int fuzz() {
  const std::vector<Bytes> inputs = corpus(*running);
  for (const Bytes& input : inputs) run(input);
  const std::uint64_t seed = from_environment("STREAMS_FUZZ_SEED", 1);
  Mutator mutator(seed);
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(from_environment("STREAMS_FUZZ_SECONDS", kSeconds));
  std::uint64_t count = 0;
  for (; Clock::now() < end; ++count) {
    const Bytes& input = inputs[mutator.below(inputs.size())];
    run(mutator.mutate(input, inputs[mutator.below(inputs.size())]));
  }
  std::printf("%s: %zu inputs of the corpus and %llu mutations with seed %llu\n", running->name, inputs.size(),
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(seed));
  return 0;
}

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    bytes.push_back(static_cast<char>(std::stoi(text.substr(at, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace
}  // namespace streams::fuzz

/// Without arguments: fails unless CMakeLists.txt, whose list is FUZZ_TARGETS, names every target.
int main(int count, char** values) {
  using namespace streams::fuzz;
  if (count < 2) {
    std::string names;
    for (const Target& target : targets()) names += (names.empty() ? "" : " ") + std::string(target.name);
    std::printf("usage: streams_fuzz TARGET [HEX...], the targets are: %s\n", names.c_str());
    if (names == FUZZ_TARGETS) return 0;
    std::printf("CMakeLists.txt has others, or another order: %s\n", FUZZ_TARGETS);
    return 1;
  }
  running = find_target(values[1]);
  if (running == nullptr) {
    std::fprintf(stderr, "There is no target %s.\n", values[1]);
    return 2;
  }
  tell_of_deaths();
  if (count == 2) return fuzz();
  for (int i = 2; i < count; ++i) run(from_hex(values[i]));
  return 0;
}
