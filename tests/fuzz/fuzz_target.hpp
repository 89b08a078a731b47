// Parsers of bytes that come from a topic or the disk, each as a function that a fuzzer feeds. See docs/fuzzing.md.
#pragma once

#include <streams/bytes.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace streams::fuzz {

/// One parser, or a few that read the same bytes.
struct Target {
  const char* name;
  /// Throws StreamsError for bytes that are refused. Everything else that goes wrong is a bug.
  void (*run)(BytesView input);
  /// What the library's own encoders write.
  std::vector<Bytes> (*seeds)();
};

/// All of them.
const std::vector<Target>& targets();
/// Null if there is none of that name.
const Target* find_target(std::string_view name);
/// Runs the target; refusals are fine.
void feed(const Target& target, BytesView input);
/// The seeds, nothing at all, and the inputs that once failed: tests/fuzz/corpus/<name>.txt.
std::vector<Bytes> corpus(const Target& target);

/// Ends the program, saying what is wrong.
void require(bool holds, const char* what);
/// A folder's path of this process; in memory where there is room for such.
std::string scratch_folder();

/// Takes an input apart where a target needs more than bytes. What is not there any more is zero or empty.
class Parts {
 public:
  explicit Parts(BytesView input) : rest_(input) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t byte();
  /// A byte says how many follow.
  Bytes bytes();
  /// Small, close to the ends of the range, or any.
  std::int64_t number();
  BytesView rest() const { return rest_; }

 private:
  BytesView rest_;
};

/// The reverse, for seeds.
class PartsWriter {
 public:
  PartsWriter& byte(std::uint8_t value);
  PartsWriter& bytes(BytesView value);
  PartsWriter& number(std::int64_t value);
  const Bytes& input() const { return input_; }

 private:
  Bytes input_;
};

std::vector<Target> format_targets();
std::vector<Target> serde_targets();
std::vector<Target> store_targets();
std::vector<Target> row_targets();
std::vector<Target> buffer_targets();
std::vector<Target> time_targets();
std::vector<Target> runtime_targets();
std::vector<Target> http_targets();
std::vector<Target> order_targets();

}  // namespace streams::fuzz
