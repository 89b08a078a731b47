// Take only what you need: two fields out of a large document are kept, and the rest of it may change as it likes.
#include "pattern.hpp"

#include <streams/json.hpp>

namespace patterns {
namespace {

/// What the warehouse says of a product, many kilobytes of it, as far as it concerns us.
struct StockLine {
  std::string product;
  std::int32_t count = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StockLine, product, count)

streams::Topology take_what_you_need_topology() {
  streams::StreamsBuilder builder;
  // Reading the document as a StockLine leaves out everything else, before anything is stored: the store, its changelog
  // and its cache have a number for each product. Should another field be needed one day, the topic still has it.
  builder.stream<std::string, StockLine>("warehouse-documents")
      .map([](const StockLine& line) { return std::pair(line.product, line.count); })
      .to_table({.store_name = "stock"})
      .to_stream()
      .to("stock-levels");
  return builder.build();
}

}  // namespace

Pattern take_what_you_need_pattern() {
  const Topic<std::string, std::string> documents("warehouse-documents");
  const Topic<std::string, std::int32_t> levels("stock-levels");
  return {.name = "take_what_you_need",
          .teaches = "a view of two fields of a large document; new fields change nothing",
          .topology = take_what_you_need_topology,
          .inputs = {documents},
          .outputs = {levels},
          .steps = {{{documents(1s, "d1", R"({"product":"KETTLE","count":12,"shelf":"A4","photo":"iVBORw0KGgo"})"),
                      documents(2s, "d2", R"({"product":"LANTERN","count":3,"audits":[{"by":"noor"},{"by":"imke"}]})"),
                      documents(3s, "d1", R"({"product":"KETTLE","count":11,"colour":"red","weight":1.5})")},
                     3}}};
}

}  // namespace patterns
