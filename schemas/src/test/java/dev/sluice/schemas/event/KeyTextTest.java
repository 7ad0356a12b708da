package dev.sluice.schemas.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class KeyTextTest {
    @Test
    void aKeyIsAJsonArrayWhateverItHolds() throws JsonProcessingException {
        @Nullable
        Object[] key = {1, -5L, true, null, "a\"b\\c\n\u0000ü", new byte[] {0, (byte) 0xff}, new UUID(1, 2), 1.5d};
        JsonNode array = new ObjectMapper().readTree(KeyText.of(key));
        assertThat(array.size()).isEqualTo(key.length);
        assertThat(array.get(0).intValue()).isEqualTo(1);
        assertThat(array.get(2).booleanValue()).isTrue();
        assertThat(array.get(3).isNull()).isTrue();
        assertThat(array.get(4).textValue()).isEqualTo("a\"b\\c\n\u0000ü");
        assertThat(array.get(5).textValue()).isEqualTo("\\x00ff");
        assertThat(array.get(6).textValue()).isEqualTo(new UUID(1, 2).toString());
    }

    @Test
    void differentKeysHaveDifferentTexts() {
        assertThat(KeyText.of(new Object[] {"a,b"})).isNotEqualTo(KeyText.of(new Object[] {"a", "b"}));
        assertThat(KeyText.of(new Object[] {"1"})).isNotEqualTo(KeyText.of(new Object[] {1}));
    }

    @Test
    void aKeyThatNoIndexHoldsIsStoredAsItsBeginningAndADigest() {
        String key = KeyText.of(new Object[] {"é".repeat(600)});
        assertThat(KeyText.stored(key))
                .hasSize(400 + "…sha256:".length() + 64)
                .startsWith(key.substring(0, 400))
                .isEqualTo(KeyText.stored(key))
                .isNotEqualTo(KeyText.stored(key.replace("é\"", "e\"")));
        assertThat(KeyText.stored("[1]")).isEqualTo("[1]");
    }
}
