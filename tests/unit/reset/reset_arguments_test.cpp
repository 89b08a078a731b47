// The command line of streams-application-reset.
#include <programs/reset_arguments.hpp>
#include <streams/errors.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace streams::programs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::ThrowsMessage;
using Kind = ResetPosition::Kind;
using Words = std::vector<std::string>;

constexpr Timestamp kNow = 1'800'000'000'000;

ResetArguments parse(Words words) {
  words.insert(words.begin(), {"--application-id", "app"});
  return parse_reset_arguments(words, kNow);
}

ResetPosition position(Words words) {
  words.insert(words.begin(), {"--input-topics", "in"});
  return parse(words).options.position;
}

void expect_refused(const Words& words, const std::string& why) {
  EXPECT_THAT([&] { parse(words); }, ThrowsMessage<InvalidArgument>(HasSubstr(why)));
}

class ResetFiles : public testing::Test {
 protected:
  ~ResetFiles() override { std::filesystem::remove(path_); }
  std::string file(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return path_.string();
  }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("reset_arguments_test_" + std::to_string(::getpid()));
};

TEST(ResetArguments, NamesWhatIsReset) {
  const ResetArguments arguments =
      parse({"--input-topics", "a,b", "--internal-topics", "app-c-changelog", "--dry-run"});
  EXPECT_EQ(arguments.application_id, "app");
  EXPECT_THAT(arguments.settings, ElementsAre(Pair("bootstrap.servers", "localhost:9092")));
  EXPECT_THAT(arguments.options.input_topics, ElementsAre("a", "b"));
  EXPECT_EQ(arguments.options.internal_topics, Words{"app-c-changelog"});
  EXPECT_EQ(arguments.options.position.kind, Kind::kEarliest);
  EXPECT_TRUE(arguments.options.dry_run);
  EXPECT_FALSE(arguments.help);
  EXPECT_FALSE(parse({}).options.internal_topics.has_value());
  EXPECT_TRUE(parse_reset_arguments({"--help"}, kNow).help);
}

TEST(ResetArguments, KnowsEveryPosition) {
  EXPECT_EQ(position({"--to-earliest"}).kind, Kind::kEarliest);
  EXPECT_EQ(position({"--to-latest"}).kind, Kind::kLatest);
  EXPECT_EQ(position({"--to-offset", "12"}).number, 12);
  EXPECT_EQ(position({"--shift-by", "-3"}).kind, Kind::kShift);
  EXPECT_EQ(position({"--shift-by", "-3"}).number, -3);
  EXPECT_EQ(position({"--to-datetime", "1970-01-01T00:00:01.5"}).number, 1500);
  EXPECT_EQ(position({"--by-duration", "PT1M"}).number, kNow - 60'000);
  EXPECT_EQ(position({"--by-duration", "P99999D"}).number, 0);
}

TEST_F(ResetFiles, SettingsAndOffsets) {
  const ResetArguments arguments = parse({"--bootstrap-server", "host:1", "--command-config",
                                          file("# clients\n\nsecurity.protocol = SSL\r\nbootstrap.servers=other:2\n")});
  EXPECT_THAT(arguments.settings, ElementsAre(Pair("bootstrap.servers", "host:1"), Pair("security.protocol", "SSL")));
  const ResetPosition at = position({"--from-file", file("in,0,5\nin,1,0\n")});
  EXPECT_EQ(at.kind, Kind::kOffsets);
  EXPECT_THAT(at.offsets,
              ElementsAre(Pair(client::TopicPartition{"in", 0}, 5), Pair(client::TopicPartition{"in", 1}, 0)));
  expect_refused({"--command-config", file("a=b\nnonsense\n")}, "line 2 of ");
  expect_refused({"--input-topics", "in", "--from-file", "/nowhere/x"}, "the file /nowhere/x cannot be read");
}

TEST(ResetArguments, SaysWhatMakesNoSense) {
  EXPECT_THAT([] { parse_reset_arguments({}, kNow); },
              ThrowsMessage<InvalidArgument>(HasSubstr("--application-id is missing")));
  expect_refused({"--to-latest"}, "--to-latest says where to, but --input-topics does not say of which topics");
  expect_refused({"--input-topics", "in", "--to-latest", "--shift-by", "1"},
                 "--to-latest and --shift-by exclude each other");
  expect_refused({"--input-topics"}, "--input-topics needs a value");
  expect_refused({"--input-topics", ","}, "--input-topics names no topic");
  expect_refused({"--input-topics", "in", "--to-offset", "1x"}, "--to-offset 1x: that is not a whole number");
  expect_refused({"--force"}, "librdkafka cannot remove members");
  expect_refused({"--intermediate-topics", "x"}, "in a run of their own, with --to-latest");
  expect_refused({"--all"}, "There is no option --all");
}

TEST(ResetTimes, AreReadLikeJavas) {
  EXPECT_EQ(parse_datetime("2026-11-22T01:30:00.000"), 1'795'311'000'000);
  EXPECT_EQ(parse_datetime("2026-11-22T01:30:00Z"), 1'795'311'000'000);
  EXPECT_EQ(parse_datetime("2026-11-22T01:30:00.25+01:00"), 1'795'307'400'250);
  EXPECT_EQ(parse_datetime("2026-11-22T01:30:00+0100"), 1'795'307'400'000);
  EXPECT_EQ(parse_datetime("2026-11-22T01:30:00-01"), 1'795'314'600'000);
  EXPECT_EQ(parse_datetime("2024-02-29T00:00:00Z"), 1'709'164'800'000);
  for (const char* text :
       {"", "2026-11-22", "2026-11-22 01:30:00", "2026-13-22T01:30:00", "2026-02-29T01:30:00", "2026-11-22T24:00:00",
        "2026-11-22T01:30", "2026-11-22T01:30:00.1234", "2026-11-22T01:30:00.", "2026-11-22T01:30:00ZZ",
        "2026-11-22T01:30:00+1", "2026-11-22T01:30:00+01:0", "-2026-11-22T01:30:00"}) {
    EXPECT_THAT([&] { parse_datetime(text); }, ThrowsMessage<InvalidArgument>(HasSubstr("is no time like"))) << text;
  }
}

TEST(ResetTimes, DurationsAreReadLikeJavas) {
  EXPECT_EQ(parse_duration("P7D"), 604'800'000);
  EXPECT_EQ(parse_duration("P1DT2H3M4.5S"), 93'784'500);
  EXPECT_EQ(parse_duration("PT90M"), 5'400'000);
  EXPECT_EQ(parse_duration("PT0.25S"), 250);
  EXPECT_EQ(parse_duration("P999999999D"), 86'399'999'913'600'000);
  for (const char* text : {"", "P", "PT", "P1DT", "1D", "P1H", "PT1D", "PT1S2M", "P1.5D", "PT1.5M", "PT1.S", "P-1D",
                           "P1D2D", "PT1HT1M", "P9999999999D", "P1", "PT1SX"}) {
    EXPECT_THAT([&] { parse_duration(text); }, ThrowsMessage<InvalidArgument>(HasSubstr("is no duration like")))
        << text;
  }
}

TEST(ResetOffsets, SayWhichLineIsWrong) {
  for (const char* text :
       {"in,0", "in,0,", "in,0,x", "in,-1,0", "in,0,-1", "in,4294967296,0", ",0,0", "in,0,1,2", "in"}) {
    EXPECT_THAT([&] { parse_offsets("a,0,0\n" + std::string(text) + "\n"); },
                ThrowsMessage<InvalidArgument>(HasSubstr("Line 2 of the offsets")))
        << text;
  }
  EXPECT_THAT([] { parse_offsets("a,0,0\na,0,1\n"); },
              ThrowsMessage<InvalidArgument>(HasSubstr("names a partition again")));
  EXPECT_THAT([] { parse_offsets("\n# none\n"); }, ThrowsMessage<InvalidArgument>(HasSubstr("has no line")));
}

/// Whatever is written there, it is read or refused.
TEST(ResetArguments, AnyTextIsReadOrRefused) {
  std::mt19937 random(20261122);
  const std::string letters = "PTDHMSZ0123456789:.,+-\n#in ";
  int read = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 12, ' ');
    for (char& c : text) c = random() % 50 == 0 ? static_cast<char>(random()) : letters[random() % letters.size()];
    try {
      if (i % 3 == 0) parse_datetime("2026-11-22T01:30:00" + text);
      if (i % 3 == 1) parse_duration("P" + text);
      if (i % 3 == 2) parse_offsets("in," + text);
      ++read;
    } catch (const InvalidArgument&) {
    }
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace streams::programs
