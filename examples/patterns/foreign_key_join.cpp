// Foreign-key join: rows of one table name rows of another.
#include "pattern.hpp"

namespace patterns {
namespace {

std::string album_of(const std::string& purchase) { return purchase.substr(0, purchase.find(' ')); }

streams::Topology foreign_key_topology() {
  streams::StreamsBuilder builder;
  const auto purchases = builder.table<std::string, std::string>("purchases");  // "a2 3 copies", by purchase
  const auto albums = builder.table<std::string, std::string>("albums");        // title, by album
  // The tables have different keys, and may have different numbers of partitions: through internal topics each purchase
  // subscribes to its album, and hears of every change of it. Before this join existed one had to regroup by hand.
  purchases
      .join(albums, album_of,
            [](const std::string& purchase, const std::string& title) {
              return title + ": " + purchase.substr(purchase.find(' ') + 1);
            },
            {.store_name = "purchased-titles"})
      .to_stream()
      .to("purchased-titles");
  return builder.build();
}

}  // namespace

Pattern foreign_key_join_pattern() {
  const Topic<std::string, std::string> purchases("purchases"), albums("albums"), titles("purchased-titles");
  return {.name = "foreign_key_join",
          .teaches = "tables joined by a field; a change of the other row reaches all who name it",
          .topology = foreign_key_topology,
          .inputs = {purchases, albums},
          .outputs = {titles},
          .steps = {{{albums(0s, "a1", "Kind of Blue"), albums(0s, "a2", "Homogenic")}, 0},
                    {{purchases(1s, "p1", "a1 1 copy")}, 1},
                    {{purchases(2s, "p2", "a2 3 copies")}, 1},
                    {{albums(3s, "a2", "Homogenic (live)")}, 1},
                    {{purchases(4s, "p1", "a2 1 copy")}, 1},
                    {{purchases(5s, "p2", std::nullopt)}, 1}}};
}

}  // namespace patterns
