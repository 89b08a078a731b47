// Scatter and gather: everybody is asked, and the best of three offers is taken, or the best of those that come in
// time.
#include "pattern.hpp"

#include <streams/json.hpp>
#include <streams/processor.hpp>

#include <memory>

namespace patterns {
namespace {

constexpr const char* kInquiryStore = "inquiries-open";
constexpr int kOffersWanted = 3;
constexpr Millis kPatience = 1min;

struct Offer {
  std::string supplier;
  std::int64_t cents = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Offer, supplier, cents)

/// An inquiry that is not decided, and what it got so far.
struct Inquiry {
  streams::Timestamp asked_at = 0;
  int offers = 0;
  Offer best;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Inquiry, asked_at, offers, best)
using Inquiries = streams::KeyValueStore<std::string, Inquiry>;

std::string decision(const Inquiry& inquiry) {
  if (inquiry.offers == 0) return "nobody offers anything";
  return inquiry.best.supplier + " for " + std::to_string(inquiry.best.cents) + ", of " +
         std::to_string(inquiry.offers);
}

/// Scatter: suppliers read the topic of inquiries by themselves. All there is to do is to remember it.
class Ask final : public streams::Processor<std::string, std::string> {
 public:
  void init(Context& context) override {
    inquiries_ = &context.get_state_store<Inquiries>(kInquiryStore);
    context.schedule(1s, streams::PunctuationType::kStreamTime, [this](streams::Timestamp now) { time_is_up(now); });
  }
  void process(streams::Record<std::string, std::string>&& inquiry) override {
    inquiries_->put_if_absent(*inquiry.key, Inquiry{inquiry.timestamp, 0, {}});
  }

 private:
  void time_is_up(streams::Timestamp now) {
    std::vector<std::pair<std::string, Inquiry>> late;
    for (auto row : inquiries_->all()) {
      if (row.second.asked_at + kPatience.count() <= now) late.push_back(std::move(row));
    }
    for (const auto& [id, inquiry] : late) {
      inquiries_->put(id, std::nullopt);
      context().forward({id, decision(inquiry), now, {}});
    }
  }

  Inquiries* inquiries_ = nullptr;
};

/// Gather. Offers for what is decided, or was never asked, find no inquiry.
class Gather final : public streams::Processor<std::string, Offer, std::string, std::string> {
 public:
  void init(Context& context) override { inquiries_ = &context.get_state_store<Inquiries>(kInquiryStore); }
  void process(streams::Record<std::string, Offer>&& offer) override {
    auto inquiry = inquiries_->get(*offer.key);
    if (!inquiry) return;
    if (inquiry->offers == 0 || offer.value->cents < inquiry->best.cents) inquiry->best = *offer.value;
    ++inquiry->offers;
    const bool decided = inquiry->offers == kOffersWanted;
    inquiries_->put(*offer.key, decided ? std::nullopt : inquiry);
    if (decided) context().forward({offer.key, decision(*inquiry), offer.timestamp, {}});
  }

 private:
  Inquiries* inquiries_ = nullptr;
};

streams::Topology best_offer_topology() {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, Inquiry>(kInquiryStore));
  const std::vector<std::string> stores{kInquiryStore};
  const auto timed_out = builder.stream<std::string, std::string>("inquiries")
                             .process([] { return std::make_unique<Ask>(); }, {.name = "ask"}, stores);
  builder.stream<std::string, Offer>("offers")
      .process([] { return std::make_unique<Gather>(); }, {.name = "gather"}, stores)
      .merge(timed_out)
      .to("best-offers");
  return builder.build();
}

}  // namespace

Pattern best_offer_pattern() {
  const Topic<std::string, std::string> inquiries("inquiries"), offers("offers"), best("best-offers");
  return {.name = "best_offer",
          .teaches = "scatter-gather: the best of three replies, or of those within a minute",
          .topology = best_offer_topology,
          .inputs = {inquiries, offers},
          .outputs = {best},
          .steps = {{{inquiries(0s, "tents", "20 of them"), inquiries(1s, "ropes", "300 m"),
                      inquiries(2s, "kayaks", "4 of them"), offers(3s, "tents", R"({"supplier":"Alp","cents":9000})"),
                      offers(4s, "ropes", R"({"supplier":"Alp","cents":700})"),
                      offers(5s, "tents", R"({"supplier":"Brink","cents":8500})"),
                      offers(6s, "tents", R"({"supplier":"Camp","cents":8700})"),
                      offers(7s, "tents", R"({"supplier":"Dune","cents":1})"),  // too late: the third has decided
                      offers(8s, "ropes", R"({"supplier":"Brink","cents":650})")},
                     1},
                    {{inquiries(63s, "maps", "12 of them")}, 2}}};
}

}  // namespace patterns
