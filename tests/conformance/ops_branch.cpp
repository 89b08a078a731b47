// split: branches that go on as streams, and branches that are consumed in place.
#include "binding.hpp"
#include "callables.hpp"

#include <algorithm>

namespace streams::conformance {

namespace {

using Stream = KStream<Dyn, Dyn>;
using Split = BranchedKStream<Dyn, Dyn>;

/// What is done with a branch where it is made.
class UseOfBranch {
 public:
  UseOfBranch(Binding& binding, const Json& branch, const Ref& from)
      : binding_(binding), branch_(branch), from_(from) {}

  bool consumes() const { return branch_.has("consumer_to"); }
  bool maps() const { return branch_.has("function_value"); }
  /// withConsumer: nothing goes on.
  auto consumer() const {
    return [this](const Stream& stream) {
      stream.to(branch_.text("consumer_to"), {{}, serde_of(from_.key), serde_of(from_.value), nullptr});
      binding_.add_sink_topic(branch_.text("consumer_to"), {from_.key, from_.value});
    };
  }
  /// withFunction: the stream that it gives goes on.
  auto mapper() const {
    return [this](const Stream& stream) { return stream.map_values(value_function(branch_, "function_value")); };
  }
  Branched named() const { return {branch_.given("as")}; }
  const Op& op() const { return branch_; }

 private:
  Binding& binding_;
  Op branch_;
  const Ref& from_;
};

void add_branch(Split& split, const UseOfBranch& use) {
  auto condition = predicate<Dyn>(use.op());
  if (use.consumes()) {
    split.branch(std::move(condition), use.named(), use.consumer());
  } else if (use.maps()) {
    split.branch(std::move(condition), use.named(), use.mapper());
  } else {
    split.branch(std::move(condition), use.named());
  }
}

Split::Map end_split(Split& split, Binding& binding, const Op& op, const Ref& from) {
  if (!op.has("default")) return split.no_default_branch();
  const UseOfBranch use(binding, op.at("default"), from);
  if (use.consumes()) return split.default_branch(use.named(), use.consumer());
  if (use.maps()) return split.default_branch(use.named(), use.mapper());
  return split.default_branch(use.named());
}

/// The stream of a branch, found by its name behind the name of the split.
void put_branch(Binding& binding, const Json& branch, const Split::Map& streams, std::size_t prefix,
                const std::string& number, const Ref& from) {
  if (!branch.contains("id")) return;
  const std::string name = branch.value("as", number);
  const auto found = std::find_if(streams.begin(), streams.end(),
                                  [&](const auto& entry) { return entry.first.substr(prefix) == name; });
  if (found == streams.end()) throw CaseError("no branch " + name + " came out of the split");
  binding.put(branch.at("id").get<std::string>(), {found->second, KindOf<Stream>::name, from.key, from.value});
}

void split(Binding& binding, const Op& op) {
  const Ref from = binding.from(op);
  Split split = from.as<Stream>(op).split({op.given("as")});
  const Json& branches = op.at("branches");
  for (const Json& branch : branches) add_branch(split, UseOfBranch(binding, branch, from));
  const Split::Map streams = end_split(split, binding, op, from);

  Json& names = (*binding.observed())[op.text("id") + ":branches"];
  names = Json::array();
  for (const auto& [name, stream] : streams) names.push_back(name);
  static const std::string kGenerated = "KSTREAM-BRANCH-0000000000";
  const std::size_t prefix = op.has("as") ? op.text("as").size() : kGenerated.size();
  for (std::size_t i = 0; i < branches.size(); ++i) {
    put_branch(binding, branches[i], streams, prefix, std::to_string(i + 1), from);
  }
  if (op.has("default")) put_branch(binding, op.at("default"), streams, prefix, "0", from);
}

}  // namespace

void add_branch_ops(OpTable& table) { table.insert({{"stream.split", split}}); }

}  // namespace streams::conformance
