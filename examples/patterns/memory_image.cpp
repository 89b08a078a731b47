// Memory image: a whole compacted topic in the memory of every instance, complete before the first record is processed.
#include "pattern.hpp"

#include <streams/kafka_streams.hpp>

namespace patterns {
namespace {

constexpr const char* kCatalogueStore = "catalogue-in-memory";

streams::Topology memory_image_topology() {
  streams::StreamsBuilder builder;
  // Read from its first record at every start, and then kept up to date: there is nothing else to load it from, no
  // changelog and no file. Worth it where all of it fits into memory and lookups are many.
  const auto catalogue = builder.global_table<std::string, std::string>(
      "product-catalogue", {.store_name = kCatalogueStore, .store_type = streams::StoreType::kInMemory});
  builder.stream<std::string, std::string>("baskets")
      .left_join(
          catalogue, [](const std::string&, const std::string& product) { return product; },
          [](const std::string& product, const std::string* name) {
            return name == nullptr ? product + ", whatever that is" : *name;
          })
      .to("baskets-with-names");
  return builder.build();
}

/// "Ready" is when the application runs: from then on no question comes too early.
std::vector<std::string> ask_catalogue(const streams::KafkaStreams& app) {
  const auto catalogue = app.store(kCatalogueStore, streams::queryable::key_value<std::string, std::string>());
  std::string text = "catalogue:";
  for (const auto& [product, name] : catalogue->all()) text += " " + product + "=" + name;
  return {text};
}

}  // namespace

Pattern memory_image_pattern() {
  const Topic<std::string, std::string> catalogue("product-catalogue"), baskets("baskets"), named("baskets-with-names");
  return {.name = "memory_image",
          .teaches = "a compacted topic as a cache that is full before the first lookup",
          .topology = memory_image_topology,
          .inputs = {catalogue, baskets},
          .outputs = {named},
          // On a cluster the order of these does not matter: the catalogue is read first, however new it is.
          .steps = {{{catalogue(9s, "p1", "Kettle"), catalogue(9s, "p2", "Lantern"), catalogue(9s, "p3", "Compass"),
                      catalogue(9s, "p3", std::nullopt), baskets(1s, "imke", "p1"), baskets(2s, "imke", "p2"),
                      baskets(3s, "noor", "p3")},
                     3}},
          .ask = ask_catalogue};
}

}  // namespace patterns
