// The rules by which results of the conformance cases are compared.
#include "compare.hpp"

#include <gtest/gtest.h>

namespace streams::conformance {
namespace {

/// The first difference of two results given as JSON text; empty if there is none.
std::string difference(const std::string& expected, const std::string& actual, const std::string& queries = "[]") {
  return first_difference(Json::parse(expected), Json::parse(actual), Json::parse(queries)).value_or("");
}

TEST(Compare, FindsTheFirstRecordThatDiffers) {
  EXPECT_EQ(difference(R"({"output":{"o":[{"step":0,"key":"a"}]}})", R"({"output":{"o":[{"step":0,"key":"a"}]}})"), "");
  EXPECT_EQ(difference(R"({"output":{"o":[{"step":0,"key":"a"}]}})", R"({"output":{"o":[{"step":0,"key":"b"}]}})"),
            R"(output.o[0]: expected {"key":"a","step":0}, got {"key":"b","step":0})");
  EXPECT_EQ(difference(R"({"output":{"o":[{"step":0}]}})", R"({"output":{}})"),
            R"(output.o[0]: expected {"step":0}, got nothing)");
  EXPECT_EQ(difference(R"({"output":{}})", R"({"output":{"p":[{"step":0}]}})"),
            R"(output.p[0]: expected nothing more, got {"step":0})");
}

TEST(Compare, LooksOnlyAtRecordsBeforeTheStepThatFails) {
  const std::string error = R"("error":{"at":"step","index":1,"class":"X","message":"m"})";
  EXPECT_EQ(difference("{" + error + R"(,"output":{"o":[{"step":0}]}})",
                       "{" + error + R"(,"output":{"o":[{"step":0},{"step":1}]}})"),
            "");
  EXPECT_NE(difference("{" + error + R"(,"output":{"o":[{"step":0}]}})", "{" + error + R"(,"output":{}})"), "");
}

TEST(Compare, TakesMessagesOfErrorsAsInformation) {
  EXPECT_EQ(difference(R"({"error":{"at":"build","class":"X","message":"one"}})",
                       R"({"error":{"at":"build","class":"X","message":"two"}})"),
            "");
  EXPECT_NE(difference(R"({"error":{"at":"build","class":"X"}})", R"({"error":{"at":"build","class":"Y"}})"), "");
  EXPECT_NE(difference(R"({"error":{"at":"step","class":"X","cause":"C"}})", R"({"error":{"at":"step","class":"X"}})"),
            "");
  EXPECT_EQ(difference("{}", R"({"error":{"at":"build"}})"), R"(error: expected none, got {"at":"build"})");
  EXPECT_EQ(difference(R"({"error":{"at":"build"}})", "{}"), R"(error: expected {"at":"build"}, got none)");
}

TEST(Compare, TakesAnyTextForTheExtractorOfASink) {
  auto sink = [](const std::string& text) { return Json{{"description", {"Sink: s (" + text + ")"}}}.dump(); };
  EXPECT_EQ(difference(sink("extractor class: A"), sink("extractor class: B")), "");
  EXPECT_EQ(difference(sink("topic: a"), sink("topic: b")),
            "description[0]: expected \"Sink: s (topic: a)\", got \"Sink: s (topic: b)\"");
}

TEST(Compare, TakesStoresAsSetsButKeepsTheOrderOfDuplicates) {
  auto store = [](const std::string& entries) {
    return R"({"stores":{"s":{"kind":"kv","entries":[)" + entries + "]}}}";
  };
  EXPECT_EQ(difference(store(R"({"key":"a","value":1},{"key":"b","value":2})"),
                       store(R"({"key":"b","value":2},{"key":"a","value":1})")),
            "");
  EXPECT_NE(difference(store(R"({"key":"a","value":1},{"key":"a","value":2})"),
                       store(R"({"key":"a","value":2},{"key":"a","value":1})")),
            "");
  EXPECT_EQ(difference(R"({"stores":{"s":{"kind":"kv","entries":[]}}})", R"({"stores":{}})"),
            "stores.s: there is no such store");
  EXPECT_EQ(difference(R"({"stores":{}})", store("")), "");
}

TEST(Compare, TakesOnlySomeQueriesAsSets) {
  const std::string forward = R"({"queries":[[{"key":"a"},{"key":"b"}]]})";
  const std::string backward = R"({"queries":[[{"key":"b"},{"key":"a"}]]})";
  EXPECT_EQ(difference(forward, backward, R"([{"query":"window_fetch_all"}])"), "");
  EXPECT_NE(difference(forward, backward, R"([{"query":"all"}])"), "");
}

TEST(Compare, ComparesCheckpointsObservationsAndDroppedRecords) {
  EXPECT_EQ(difference(R"({"checkpoints":{"c":{"output_counts":{"o":1}}}})",
                       R"({"checkpoints":{"c":{"output_counts":{"o":2}}}})"),
            R"(checkpoints.c.output_counts: expected {"o":1}, got {"o":2})");
  EXPECT_EQ(difference(R"({"observed":{"p":[["a",1]]}})", R"({"observed":{"p":[["a",2]]}})"),
            R"(observed.p[0]: expected ["a",1], got ["a",2])");
  EXPECT_EQ(difference(R"({"dropped_records":1})", R"({"dropped_records":0})"), "dropped_records: expected 1, got 0");
}

}  // namespace
}  // namespace streams::conformance
