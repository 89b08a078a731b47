package interop;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.state.Stores;

/**
 * The twin of interop_topology.hpp: java -jar interop.jar KEY=VALUE... ; app.prefix is what the names of topics begin
 * with. Runs until it is told to end (SIGTERM), then closes, leaves its group, and exits with 0 unless something failed.
 */
public final class Main {
    private static final Duration WINDOW = Duration.ofSeconds(10);
    private static final Duration GRACE = Duration.ofSeconds(2);

    private Main() { }

    static Topology topology(final String prefix) {
        final StreamsBuilder builder = new StreamsBuilder();
        final var text = Serdes.String();

        builder.stream(prefix + "counted", Consumed.with(text, text))
            .groupByKey()
            .count(Materialized.as("counts"))
            .toStream()
            .to(prefix + "counts", Produced.with(text, Serdes.Long()));

        builder.stream(prefix + "windowed", Consumed.with(text, text))
            .groupByKey()
            .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
            .count(Materialized.as("window-counts"))
            .toStream()
            .to(prefix + "window-counts",
                Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis()), Serdes.Long()));

        builder.stream(prefix + "sessions", Consumed.with(text, text))
            .groupByKey()
            .windowedBy(SessionWindows.ofInactivityGapAndGrace(WINDOW, GRACE))
            .count(Materialized.as("session-counts"))
            .toStream()
            .to(prefix + "session-counts",
                Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class), Serdes.Long()));

        builder.stream(prefix + "final", Consumed.with(text, text))
            .groupByKey()
            .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
            .count(Materialized.as("final-window-counts"))
            .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()).withName("suppressed"))
            .toStream()
            .to(prefix + "final-counts",
                Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis()), Serdes.Long()));

        final KTable<String, String> left = builder.table(prefix + "left", Materialized.as("left-rows"));
        final KTable<String, String> right = builder.table(prefix + "right", Materialized.as("right-rows"));
        left.outerJoin(right, (a, b) -> a + "/" + b, Materialized.as("joined-rows"))
            .toStream()
            .to(prefix + "joined");

        final KTable<String, String> orders = builder.table(prefix + "orders", Materialized.as("order-rows"));
        final KTable<String, String> customers = builder.table(prefix + "customers", Materialized.as("customer-rows"));
        orders.leftJoin(customers, (String order) -> order.substring(0, 1), (order, customer) -> order + "/" + customer,
                Materialized.as("order-customers"))
            .toStream()
            .to(prefix + "order-customers");

        final KTable<String, String> prices = builder.table(prefix + "prices",
            Materialized.as(Stores.persistentVersionedKeyValueStore("price-versions", Duration.ofMinutes(1))));
        builder.stream(prefix + "sales", Consumed.with(text, text))
            .leftJoin(prices, (sale, price) -> sale + "@" + price)
            .to(prefix + "priced");

        return builder.build();
    }

    public static void main(final String[] arguments) throws InterruptedException {
        final Properties settings = new Properties();
        for (final String argument : arguments) {
            final int split = argument.indexOf('=');
            settings.setProperty(argument.substring(0, split), argument.substring(split + 1));
        }
        settings.setProperty("default.key.serde", Serdes.StringSerde.class.getName());
        settings.setProperty("default.value.serde", Serdes.StringSerde.class.getName());
        final CountDownLatch failed = new CountDownLatch(1);
        final KafkaStreams streams = new KafkaStreams(topology(settings.getProperty("app.prefix")), settings);
        streams.setStateListener((to, from) -> {
            if (to == KafkaStreams.State.ERROR) {
                failed.countDown();
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            final boolean running = failed.getCount() > 0;
            streams.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
            Runtime.getRuntime().halt(running ? 0 : 1);
        }));
        streams.start();
        failed.await();
        System.exit(1);
    }
}
