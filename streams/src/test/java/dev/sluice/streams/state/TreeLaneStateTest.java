package dev.sluice.streams.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TreeLaneStateTest extends LaneStateContract {
    private final TreeLaneState state = new TreeLaneState();

    @Override
    LaneState state() {
        return state;
    }

    @Test
    void aCopyDoesNotChangeWithItsOriginal() {
        state.put(new byte[] {1}, new byte[] {1});
        TreeLaneState copy = state.copy();
        state.put(new byte[] {1}, new byte[] {2});

        assertThat(copy.get(new byte[] {1})).isEqualTo(new byte[] {1});
    }
}
