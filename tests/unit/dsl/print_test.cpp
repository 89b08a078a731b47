// KStream::print(): lines in streams and files.
#include <streams/errors.hpp>
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <gtest/gtest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace streams {
namespace {

using String = std::string;

class KStreamPrint : public testing::Test {
 protected:
  template <class K = String, class V = String>
  void run(OptionalBytes key, OptionalBytes value) {
    TopologyTestDriver driver(builder_.build(), StreamsConfig{{"application.id", "app"}});
    driver.pipe_raw({.topic = "in", .key = std::move(key), .value = std::move(value), .timestamp = 0});
    driver.close();
  }
  static Bytes number(std::int64_t value) {
    Bytes bytes;
    detail::append_big_endian(bytes, value);
    return bytes;
  }

  StreamsBuilder builder_;
  std::ostringstream out_;
};

TEST_F(KStreamPrint, WritesKeyAndValueBehindTheNameOfTheStream) {
  builder_.stream<String, String>("in", {.name = "source"}).print({.stream = &out_});
  run("a", "1");
  EXPECT_EQ(out_.str(), "[source]: a, 1\n");
}

TEST_F(KStreamPrint, ShowsNumbersWindowsAndNulls) {
  const auto numbers = builder_.stream<std::int64_t, std::int64_t>("in");
  numbers.print({.label = "numbers", .stream = &out_});
  numbers.map_values([](std::int64_t value) { return static_cast<double>(value) / 4; })
      .print({.label = "doubles", .stream = &out_});
  numbers.map_values([](std::int64_t value) { return value > 1; }).print({.label = "bools", .stream = &out_});
  numbers.map([](std::int64_t key, std::int64_t) {
           return std::pair(Windowed<std::int64_t>{key, 5, 15}, key);
         })
      .filter([](auto&, auto) { return true; })
      .print({.label = "windows", .stream = &out_});
  numbers.map_values([](std::int64_t) { return std::optional<String>(); }).print({.label = "nulls", .stream = &out_});
  run(number(7), number(-9));
  EXPECT_EQ(out_.str(),
            "[numbers]: 7, -9\n[doubles]: 7, -2.25\n[bools]: 7, false\n[windows]: [7@5/15], 7\n[nulls]: 7, null\n");
}

TEST_F(KStreamPrint, AFunctionMakesTheText) {
  builder_.stream<String, String>("in").print([](const String& key, const String& value) { return key + "->" + value; },
                                              {.label = "lab", .stream = &out_});
  run("a", "1");
  EXPECT_EQ(out_.str(), "[lab]: a->1\n");
}

TEST_F(KStreamPrint, StandardOutputIsTheDefault) {
  builder_.stream<String, String>("in").print({.label = "l"});
  testing::internal::CaptureStdout();
  run("a", std::nullopt);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "[l]: a, null\n");
}

TEST_F(KStreamPrint, AFileIsEmptiedAndHasEveryLineOnceTheTaskIsClosed) {
  const auto path = std::filesystem::temp_directory_path() / ("print_test_" + std::to_string(getpid()));
  std::ofstream(path) << "from before\n";
  builder_.stream<String, String>("in").print({.label = "l", .file = path.string()});
  run("a", "1");
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "[l]: a, 1\n");
  std::filesystem::remove(path);
}

TEST_F(KStreamPrint, AFileThatCannotBeWrittenIsRefused) {
  const auto stream = builder_.stream<String, String>("in");
  try {
    stream.print({.file = "/no/such/directory/file"});
    FAIL() << "was taken";
  } catch (const TopologyError& error) {
    EXPECT_STREQ(error.what(),
                 "Invalid topology: Unable to write stream to file at [/no/such/directory/file] No such file or "
                 "directory");
  }
}

}  // namespace
}  // namespace streams
