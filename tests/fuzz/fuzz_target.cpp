// The list of targets, and what they share.
#include "fuzz_target.hpp"

#include <streams/errors.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace streams::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> list;
    for (const auto& some : {format_targets(), serde_targets(), store_targets(), row_targets(), buffer_targets(),
                             time_targets(), runtime_targets(), order_targets(),
#ifdef FUZZ_HTTP
                             http_targets()
#endif
         }) {
      list.insert(list.end(), some.begin(), some.end());
    }
    return list;
  }();
  return all;
}

const Target* find_target(std::string_view name) {
  const auto found = std::find_if(targets().begin(), targets().end(), [&](const Target& t) { return t.name == name; });
  return found == targets().end() ? nullptr : &*found;
}

void feed(const Target& target, BytesView input) {
  try {
    target.run(input);
  } catch (const StreamsError&) {  // refused, in the library's words
  }
}

std::vector<Bytes> corpus(const Target& target) {
  std::vector<Bytes> inputs = target.seeds();
  inputs.emplace_back();
  std::ifstream file(std::string(FUZZ_CORPUS "/") + target.name + ".txt");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    Bytes& input = inputs.emplace_back();
    for (std::size_t at = 0; at + 1 < line.size(); at += 2) {
      input.push_back(static_cast<char>(std::stoi(line.substr(at, 2), nullptr, 16)));
    }
  }
  return inputs;
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::abort();
}

std::string scratch_folder() {
  namespace fs = std::filesystem;
  const fs::path shared = "/dev/shm";
  return ((fs::exists(shared) ? shared : fs::temp_directory_path()) / ("streams_fuzz_" + std::to_string(::getpid())))
      .string();
}

std::uint8_t Parts::byte() {
  if (rest_.empty()) return 0;
  const auto value = static_cast<std::uint8_t>(rest_[0]);
  rest_.remove_prefix(1);
  return value;
}

Bytes Parts::bytes() {
  const std::size_t size = byte();
  const Bytes taken(rest_.substr(0, size));
  rest_.remove_prefix(taken.size());
  return taken;
}

std::int64_t Parts::number() {
  const std::uint8_t kind = byte();
  const std::uint8_t low = byte();
  if (kind == 0) return low;
  if (kind == 1) return INT64_MAX - low;
  if (kind == 2) return INT64_MIN + low;
  if (kind == 3) return -static_cast<std::int64_t>(low);
  std::uint64_t value = low;
  for (int i = 0; i < 7; ++i) value = value << 8 | byte();
  return static_cast<std::int64_t>(value);
}

PartsWriter& PartsWriter::byte(std::uint8_t value) {
  input_.push_back(static_cast<char>(value));
  return *this;
}

PartsWriter& PartsWriter::bytes(BytesView value) {
  byte(static_cast<std::uint8_t>(value.size()));
  input_ += value;
  return *this;
}

PartsWriter& PartsWriter::number(std::int64_t value) {
  if (value >= 0 && value < 256) return byte(0).byte(static_cast<std::uint8_t>(value));
  byte(4);
  detail::append_big_endian(input_, value);
  return *this;
}

}  // namespace streams::fuzz
