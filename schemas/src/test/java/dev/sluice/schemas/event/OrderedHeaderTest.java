package dev.sluice.schemas.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class OrderedHeaderTest {
    @ParameterizedTest
    @EnumSource(Outcome.class)
    void everyOutcomeComesBackEqual(Outcome outcome) {
        for (int flags = 0; flags < 16; flags++) {
            OrderedHeader header = new OrderedHeader(
                    outcome,
                    (flags & 1) != 0,
                    (flags & 2) != 0,
                    (flags & 4) != 0,
                    Long.MAX_VALUE,
                    17,
                    flags == 0 ? null : "{\"ü\":1}",
                    true,
                    (flags & 8) != 0);
            assertThat(OrderedHeader.decode(header.encode())).isEqualTo(header);
            assertThat(header.isRelease()).isTrue();
        }
    }

    @Test
    void theLayoutIsFixed() {
        byte[] bytes = new OrderedHeader(Outcome.WAIT, true, true, false, 258, 3, "r").encode();
        assertThat(bytes).containsExactly(1, 2, 13, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3, 'r');
    }

    @Test
    void anEventMayBeReleasedUnderItsOwnSequenceTogetherWithOthers() {
        OrderedHeader own = new OrderedHeader(Outcome.WAIT, true, true, false, 2, 2, "r", false, false);
        OrderedHeader release = new OrderedHeader(Outcome.APPLY, true, true, true, 2, 2, null, true, true);
        assertThat(OrderedHeader.decode(own.encode()).isRelease()).isFalse();
        assertThat(OrderedHeader.decode(release.encode()).isRelease()).isTrue();
        assertThat(OrderedHeader.decode(release.encode()).together()).isTrue();
        assertThat(release.encode()[2]).isEqualTo((byte) 31);
    }

    @Test
    void anEarlierOriginIsAReleaseInTopicsFromBeforeTheFlag() {
        byte[] bytes = new OrderedHeader(Outcome.APPLY, true, false, true, 5, 3, null).encode();
        bytes[2] = 3;
        assertThat(OrderedHeader.decode(bytes).isRelease()).isTrue();
    }

    @Test
    void whatIsNotAHeaderOfThisVersionIsRefusedByName() {
        byte[] bytes = new OrderedHeader(Outcome.APPLY, true, false, false, 2, 2, null).encode();
        bytes[0] = 2;
        assertThatThrownBy(() -> OrderedHeader.decode(bytes))
                .isInstanceOf(EventFormatException.class)
                .hasMessageContaining("version 1");
        bytes[0] = 1;
        bytes[1] = 99;
        assertThatThrownBy(() -> OrderedHeader.decode(bytes)).hasMessageContaining("unknown outcome 99");
        assertThatThrownBy(() -> OrderedHeader.of(new RecordHeaders())).hasMessageContaining(OrderedHeader.NAME);
    }

    @Test
    void anOriginIsNeverNewerThanTheSequence() {
        assertThatThrownBy(() -> new OrderedHeader(Outcome.APPLY, true, false, false, 2, 3, null))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
