package dev.sluice.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompatibilityTest {
    private static final Schema ID = record("{\"name\": \"id\", \"type\": \"long\"}");
    private static final Schema ID_AND_OPTIONAL = record(
            "{\"name\": \"id\", \"type\": \"long\"}, {\"name\": \"note\", \"type\": \"string\", \"default\": \"\"}");
    private static final Schema ID_AND_REQUIRED =
            record("{\"name\": \"id\", \"type\": \"long\"}, {\"name\": \"note\", \"type\": \"string\"}");

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "NONE, true, true, true",
        "BACKWARD, false, true, true",
        "BACKWARD_TRANSITIVE, false, true, false",
        "FORWARD, true, true, true",
        "FORWARD_TRANSITIVE, true, true, true",
        "FULL, false, true, true",
        "FULL_TRANSITIVE, false, true, false"
    })
    void each_level_looks_in_its_directions_and_as_far_back_as_it_says(
            Compatibility level, boolean requiredAdded, boolean optionalAdded, boolean requiredAfterOptional) {
        assertThat(level.problems(ID_AND_REQUIRED, List.of(ID)).isEmpty()).isEqualTo(requiredAdded);
        assertThat(level.problems(ID_AND_OPTIONAL, List.of(ID)).isEmpty()).isEqualTo(optionalAdded);
        assertThat(level.problems(ID_AND_REQUIRED, List.of(ID, ID_AND_OPTIONAL)).isEmpty())
                .isEqualTo(requiredAfterOptional);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"BACKWARD, true", "FORWARD, false", "FORWARD_TRANSITIVE, false", "FULL, false", "FULL_TRANSITIVE, false"
    })
    void a_required_field_may_be_taken_away_only_when_old_readers_do_not_matter(Compatibility level, boolean allowed) {
        assertThat(level.problems(ID, List.of(ID_AND_REQUIRED)).isEmpty()).isEqualTo(allowed);
    }

    private static Schema record(String fields) {
        return new Schema.Parser().parse("{\"type\": \"record\", \"name\": \"R\", \"fields\": [" + fields + "]}");
    }
}
