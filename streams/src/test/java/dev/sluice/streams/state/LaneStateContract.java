package dev.sluice.streams.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What decisions expect of a state, whatever keeps it. */
abstract class LaneStateContract {
    abstract LaneState state();

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private List<String> scan(byte[] prefix, byte[] after, int limit) {
        List<String> found = new ArrayList<>();
        state().scan(prefix, after, (key, value) -> {
            found.add(java.util.HexFormat.of().formatHex(key) + "=" + value[0]);
            return found.size() < limit;
        });
        return found;
    }

    @Test
    void whatWasPutIsGotAndWhatWasDeletedIsNot() {
        state().put(bytes(1), bytes(10));
        state().put(bytes(2), bytes(20));
        state().put(bytes(1), bytes(11));
        state().delete(bytes(2));
        state().delete(bytes(3));

        assertThat(state().get(bytes(1))).isEqualTo(bytes(11));
        assertThat(state().get(bytes(2))).isNull();
        assertThat(state().get(bytes(3))).isNull();
    }

    @Test
    void aScanSeesExactlyThePrefixInUnsignedOrder() {
        state().put(bytes(0x4e, 0xff, 0x80), bytes(4));
        state().put(bytes(0x4e, 0x7f), bytes(2));
        state().put(bytes(0x4e, 0x80), bytes(3));
        state().put(bytes(0x4e), bytes(1));
        state().put(bytes(0x4d, 0xff), bytes(9));
        state().put(bytes(0x4f), bytes(9));

        assertThat(scan(bytes(0x4e), null, 100)).containsExactly("4e=1", "4e7f=2", "4e80=3", "4eff80=4");
        assertThat(scan(bytes(0x4e, 0xff), null, 100)).containsExactly("4eff80=4");
        assertThat(scan(bytes(0x50), null, 100)).isEmpty();
    }

    @Test
    void aScanGoesOnBehindAKeyWhetherItIsThereOrNot() {
        for (int i = 0; i < 5; i++) {
            state().put(bytes(0x4e, i), bytes(i));
        }
        state().put(bytes(0x4e, 2, 0), bytes(20));

        assertThat(scan(bytes(0x4e), bytes(0x4e, 2), 2)).containsExactly("4e0200=20", "4e03=3");
        state().delete(bytes(0x4e, 2));
        assertThat(scan(bytes(0x4e), bytes(0x4e, 2), 1)).containsExactly("4e0200=20");
        assertThat(scan(bytes(0x4e), bytes(0x4e, 4), 1)).isEmpty();
    }

    @Test
    void aScanStopsWhenItsVisitorHasEnough() {
        for (int i = 0; i < 5; i++) {
            state().put(bytes(0x4e, i), bytes(i));
        }
        assertThat(scan(bytes(0x4e), null, 1)).containsExactly("4e00=0");
    }
}
