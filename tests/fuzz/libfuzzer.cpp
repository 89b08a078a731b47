// The targets as a program of libFuzzer: STREAMS_FUZZ_TARGET says which one. Its corpus goes to the first folder given.
#include "fuzz_target.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {

const streams::fuzz::Target* chosen = nullptr;

}  // namespace

/// Without a target: prints the names of all.
extern "C" int LLVMFuzzerInitialize(int* count, char*** values) {
  const char* name = std::getenv("STREAMS_FUZZ_TARGET");
  if (name == nullptr) {
    for (const auto& target : streams::fuzz::targets()) std::puts(target.name);
    std::exit(0);
  }
  chosen = streams::fuzz::find_target(name);
  if (chosen == nullptr) {
    std::fprintf(stderr, "There is no target %s.\n", name);
    std::exit(2);
  }
  for (int i = 1; i < *count; ++i) {
    if ((*values)[i][0] == '-') continue;
    int number = 0;
    for (const std::string& input : streams::fuzz::corpus(*chosen)) {
      std::ofstream((*values)[i] + ("/seed-" + std::to_string(number++)), std::ios::binary) << input;
    }
    break;
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streams::fuzz::feed(*chosen, {reinterpret_cast<const char*>(data), size});
  return 0;
}
