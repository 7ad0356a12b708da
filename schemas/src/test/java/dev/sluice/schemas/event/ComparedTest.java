package dev.sluice.schemas.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.TableId;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ComparedTest {
    private static Control event(Control.Kind kind, Map<String, String> attributes) {
        Source source = new Source("id", "list", "db", 1, Position.of(new byte[] {1}), 0, false);
        return new Control(
                kind, "s", TableId.parse("t"), attributes, source, new Transaction("control-1", 1, 1, true), 0);
    }

    private static Compared of(String json) {
        return Compared.of(event(Control.Kind.COMPARE, Map.of(Control.COMPARED, json)));
    }

    private static Compared something() {
        Map<String, Optional<String>> rows = new LinkedHashMap<>();
        rows.put("[1]", Optional.of("[1,\"a\\\"\\\\é😀\\u0001\",null]"));
        rows.put("[\"[2]\"]", Optional.empty());
        return new Compared(rows, Map.of("[3]", Compared.SEVERAL_ROWS));
    }

    @Test
    void whatItSaysComesBackFromTheEvent() {
        Compared compared = something();
        assertThat(Compared.of(event(Control.Kind.COMPARE, compared.attributes())))
                .isEqualTo(compared);
        Compared nothing = new Compared(Map.of(), Map.of());
        assertThat(Compared.of(event(Control.Kind.COMPARE, nothing.attributes())))
                .isEqualTo(nothing);
    }

    @Test
    void fieldsOfALaterSluiceAreIgnored() {
        assertThat(of("{\"rows\":[[\"[1]\",null,{\"at\":1}]],\"more\":[1],\"refused\":[]}"))
                .isEqualTo(new Compared(Map.of("[1]", Optional.empty()), Map.of()));
        assertThat(of("{}")).isEqualTo(new Compared(Map.of(), Map.of()));
    }

    @Test
    void aRefusedSignalComparesNothing() {
        Control refused = event(Control.Kind.COMPARE, Map.of(Control.REFUSED, "why", Control.LAST, "true"));
        assertThat(Compared.of(refused)).isEqualTo(new Compared(Map.of(), Map.of()));
        assertThat(refused.isLast()).isTrue();
        assertThat(refused.refused()).isEqualTo("why");
    }

    @Test
    void whatIsNoComparisonIsRefusedWithoutItsValues() {
        for (String json : new String[] {"secret", "{\"rows\":[[\"[1]\",7]]}", "{\"rows\":[[\"secret\"]]}"}) {
            assertThatThrownBy(() -> of(json))
                    .isInstanceOf(EventFormatException.class)
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
        }
        assertThatThrownBy(() -> Compared.of(event(Control.Kind.COMPARE, Map.of())))
                .isInstanceOf(EventFormatException.class);
        assertThatThrownBy(
                        () -> Compared.of(event(Control.Kind.DRAIN, something().attributes())))
                .isInstanceOf(EventFormatException.class);
    }

    @Test
    void itsSizeIsKnownFromItsEntries() {
        Compared compared = something();
        long bytes = compared.rows().entrySet().stream()
                        .mapToLong(row ->
                                Compared.bytes(row.getKey(), row.getValue().orElse(null)))
                        .sum()
                + compared.refused().entrySet().stream()
                        .mapToLong(row -> Compared.bytes(row.getKey(), row.getValue()))
                        .sum();
        int written = compared.attributes().get(Control.COMPARED).getBytes(StandardCharsets.UTF_8).length;
        assertThat(bytes).isBetween(written - 30L, written + 10L);
    }
}
