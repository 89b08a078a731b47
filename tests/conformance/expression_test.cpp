// The expression language of the conformance cases.
#include "expression.hpp"

#include <gtest/gtest.h>

namespace streams::conformance {
namespace {

struct Bound {
  Dyn key{std::string("k")};
  Dyn value{std::string("a,b,,a")};
  Dyn ts{std::int64_t{7}};
  Scope scope() const {
    return Scope().bind(Variable::kKey, key).bind(Variable::kValue, value).bind(Variable::kTs, ts);
  }
};

/// The result of an expression given as JSON text, as JSON text.
std::string eval(const std::string& expression) {
  const Bound bound;
  return to_json(Expression::compile(Json::parse(expression)).eval(bound.scope())).dump();
}

TEST(Expression, ReadsConstantsAndVariables) {
  EXPECT_EQ(eval(R"("text")"), R"("text")");
  EXPECT_EQ(eval("-5"), "-5");
  EXPECT_EQ(eval("1.5"), "1.5");
  EXPECT_EQ(eval("null"), "null");
  EXPECT_EQ(eval(R"("$key")"), R"("k")");
  EXPECT_EQ(eval(R"("$agg")"), "null");
}

TEST(Expression, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(eval(R"("$nothing")"), CaseError);
  EXPECT_THROW(eval(R"(["nothing"])"), CaseError);
  EXPECT_THROW(eval(R"(["eq",1])"), CaseError);
  EXPECT_THROW(eval(R"(["if",true,1])"), CaseError);
  EXPECT_THROW(eval("[]"), CaseError);
}

TEST(Expression, EvaluatesOnlyTheBranchesItNeeds) {
  EXPECT_EQ(eval(R"(["if",["eq","$key","k"],1,["fail","no"]])"), "1");
  EXPECT_EQ(eval(R"(["if",null,["fail","no"],2])"), "2");
  EXPECT_EQ(eval(R"(["and",false,["fail","no"]])"), "false");
  EXPECT_EQ(eval(R"(["or",true,["fail","no"]])"), "true");
  EXPECT_EQ(eval(R"(["and"])"), "true");
  EXPECT_EQ(eval(R"(["or",null,1])"), "false");
  EXPECT_EQ(eval(R"(["coalesce",null,"x",["fail","no"]])"), R"("x")");
  EXPECT_THROW(eval(R"(["fail","boom"])"), UserError);
}

TEST(Expression, ComparesByTypeAndValue) {
  EXPECT_EQ(eval(R"(["eq",1,"1"])"), "false");
  EXPECT_EQ(eval(R"(["eq",null,null])"), "true");
  EXPECT_EQ(eval(R"(["ne",null,1])"), "true");
  EXPECT_EQ(eval(R"(["lt","B","a"])"), "true");
  EXPECT_EQ(eval(R"(["lt","z","é"])"), "true");
  EXPECT_EQ(eval(R"(["lt",null,1])"), "false");
  EXPECT_EQ(eval(R"(["le",null,1])"), "false");
  EXPECT_EQ(eval(R"(["ge",2,2])"), "true");
  EXPECT_EQ(eval(R"(["min",3,2])"), "2");
  EXPECT_EQ(eval(R"(["max","a","b"])"), R"("b")");
  EXPECT_EQ(eval(R"(["max",null,"b"])"), "null");
}

TEST(Expression, WrapsLongsAroundAndFloorsTheModulus) {
  EXPECT_EQ(eval(R"(["add",9223372036854775807,1])"), "-9223372036854775808");
  EXPECT_EQ(eval(R"(["neg",-9223372036854775808])"), "-9223372036854775808");
  EXPECT_EQ(eval(R"(["mul",4611686018427387904,2])"), "-9223372036854775808");
  EXPECT_EQ(eval(R"(["sub",0.5,0.25])"), "0.25");
  EXPECT_EQ(eval(R"(["add",null,1])"), "null");
  EXPECT_EQ(eval(R"(["mod",-7,3])"), "2");
  EXPECT_EQ(eval(R"(["mod",7,-3])"), "-2");
  EXPECT_EQ(eval(R"(["mod",7,0])"), "null");
  EXPECT_EQ(eval(R"(["mod",-9223372036854775808,-1])"), "0");
}

TEST(Expression, CutsTextByCharacters) {
  EXPECT_EQ(eval(R"(["substr","hello",1,3])"), R"("ell")");
  EXPECT_EQ(eval(R"(["substr","hello",-2,2])"), R"("he")");
  EXPECT_EQ(eval(R"(["substr","hello",4,9])"), R"("o")");
  EXPECT_EQ(eval(R"(["substr","hello",9,1])"), R"("")");
  EXPECT_EQ(eval(R"(["substr","日本語",1,1])"), R"("本")");
  EXPECT_EQ(eval(R"(["length","日本"])"), "6");
  EXPECT_EQ(eval(R"(["upper","aé"])"), R"("Aé")");
  EXPECT_EQ(eval(R"(["lower","AZ[a"])"), R"("az[a")");
}

TEST(Expression, SplitsAndJoinsLists) {
  EXPECT_EQ(eval(R"(["split","$value",","])"), R"(["a","b","","a"])");
  EXPECT_EQ(eval(R"(["split","",","])"), R"([""])");
  EXPECT_EQ(eval(R"(["split",null,","])"), "[]");
  EXPECT_EQ(eval(R"(["field","$value",",",1])"), R"("b")");
  EXPECT_EQ(eval(R"(["field","$value",",",4])"), "null");
  EXPECT_EQ(eval(R"(["repeat","x",2])"), R"(["x","x"])");
  EXPECT_EQ(eval(R"(["list",null,1])"), "[null,1]");
  EXPECT_EQ(eval(R"(["list_add","",5])"), R"("5")");
  EXPECT_EQ(eval(R"(["list_add","a","b"])"), R"("a,b")");
  EXPECT_EQ(eval(R"(["list_add","a",null])"), R"("a")");
  EXPECT_EQ(eval(R"(["list_remove","$value","a"])"), R"("b,,a")");
  EXPECT_EQ(eval(R"(["list_remove","a","a"])"), R"("")");
  EXPECT_EQ(eval(R"(["list_remove",null,"a"])"), "null");
}

TEST(Expression, TurnsValuesIntoTextAndBack) {
  EXPECT_EQ(eval(R"(["concat","$key",null,-1,true])"), R"("knull-1true")");
  EXPECT_EQ(eval(R"(["to_string",null])"), "null");
  EXPECT_EQ(eval(R"(["parse_long","-12"])"), "-12");
  EXPECT_EQ(eval(R"(["parse_long","+12"])"), "null");
  EXPECT_EQ(eval(R"(["parse_long","-"])"), "null");
  EXPECT_EQ(eval(R"(["parse_long","9223372036854775808"])"), "null");
  EXPECT_EQ(eval(R"(["show",["to_bytes","aé"]])"), R"("61c3a9")");
  EXPECT_EQ(eval(R"(["from_bytes",["to_bytes","aé"]])"), R"("aé")");
  EXPECT_EQ(eval(R"(["to_double",3])"), "3.0");
}

TEST(Expression, TakesWindowedKeysApart) {
  const Dyn key(Dyn::Window{Dyn(std::string("k")), 5, 15});
  const Scope scope = Scope().bind(Variable::kKey, key);
  EXPECT_EQ(show(Expression::compile(Json::parse(R"("$key")")).eval(scope)), "[k@5/15]");
  EXPECT_EQ(show(Expression::compile(Json::parse(R"(["window_key","$key"])")).eval(scope)), "k");
  EXPECT_EQ(
      show(Expression::compile(Json::parse(R"(["add",["window_start","$key"],["window_end","$key"]])")).eval(scope)),
      "20");
}

}  // namespace
}  // namespace streams::conformance
