// Where things go wrong, as the run's randomness says.
#include <simulation/world.hpp>

#include <runtime/log.hpp>

#include <algorithm>
#include <cstdio>

namespace streams::simulation {

namespace {

constexpr int kDeepest = 3;

}  // namespace

void World::note(const std::string& line) const {
  if (tracing) std::fprintf(stderr, "%lld %s\n", static_cast<long long>(clock.now_ms() % 1'000'000'000), line.c_str());
}

void World::pass(std::int64_t ms) {
  for (const auto& [producer, send] : senders) send();
  clock.advance(ms);
}

void World::kill(Process& process, const char* where) {
  if (process.dead) return;
  note(process.name + " crashes at " + where);
  process.dead = true;
  ++crashes;
  if (process.on_death) process.on_death();
}

void World::point(Process& process, const char* call) {
  if (process.dead || process.calm) return;
  if (random.in_10000(rates.delay)) {
    // At-least-once has no fences: who is superseded in the middle of sending spoils the state of its successor.
    const bool brief = !plan.exactly_once || random.percent(80);
    const std::int64_t ms = brief ? random.between(1, 200) : random.between(1000, 25000);
    note(runtime::text(process.name, " ", call, " takes ", ms, " ms"));
    pass(ms);
  }
  if (depth_ < kDeepest && random.in_10000(rates.interleave)) {
    ++depth_;
    run_others();
    --depth_;
  }
  if (!process.dead && random.in_10000(rates.crash)) {
    kill(process, call);
    throw Crash();
  }
}

Verdict World::call(Process& process, const char* call, std::initializer_list<StatusCode> codes) {
  point(process, call);
  Verdict out;
  if (process.dead || process.calm) return out;
  if (process.unanswered > 0 && std::find(codes.begin(), codes.end(), StatusCode::kTimedOut) != codes.end()) {
    --process.unanswered;
    out = {Verdict::When::kBefore, StatusCode::kTimedOut};
    if (plan.exactly_once) pass(random.between(100, 10000));
  } else if (random.in_10000(rates.error * 5)) {
    out.fails = random.percent(50) ? Verdict::When::kBefore : Verdict::When::kAfter;
    out.code = random.one_of(codes);
    if (out.code == StatusCode::kTimedOut && random.percent(20))
      process.unanswered = static_cast<int>(random.between(1, 40));
  } else {
    return out;
  }
  ++faults;
  note(runtime::text(process.name, " ", call, " fails ", out.before() ? "before" : "after", " its effect, code ",
                     static_cast<int>(out.code)));
  return out;
}

Verdict World::write(Process& process, const char* call) {
  point(process, call);
  Verdict out;
  if (process.dead || process.calm || !random.in_10000(rates.disk)) return out;
  out.fails = Verdict::When::kBefore;
  out.code = StatusCode::kIo;
  ++faults;
  note(runtime::text(process.name, " ", call, " fails"));
  return out;
}

}  // namespace streams::simulation
