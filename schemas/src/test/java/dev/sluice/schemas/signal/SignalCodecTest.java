package dev.sluice.schemas.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.relational.TableId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SignalCodecTest {
    @Test
    void signalsComeBackEqual() {
        Signal refresh =
                Signal.refresh("7", TableId.parse("app.ord\"ers"), List.of("[1,\"é\\\"\"]", "[2,\"\"]"), "gate");
        Signal drain = Signal.drain("x", "someone");
        assertThat(SignalCodec.decode(SignalCodec.encode(refresh))).isEqualTo(refresh);
        assertThat(SignalCodec.decode(SignalCodec.encode(drain))).isEqualTo(drain);
        Signal compare = Signal.compare("8", TableId.parse("app.orders"), List.of("[1]"), "verify");
        assertThat(SignalCodec.decode(SignalCodec.encode(compare))).isEqualTo(compare);
        assertThat(compare).isNotEqualTo(Signal.refresh("8", TableId.parse("app.orders"), List.of("[1]"), "verify"));
        List<TableId> tables = List.of(TableId.parse("a"), TableId.parse("x.b"));
        for (Signal backfill : List.of(
                Signal.backfill("b", tables, null, false, "someone"),
                Signal.backfill("b", tables, null, true, "someone"),
                Signal.backfill("b", tables, "name = 'é\"'", false, "someone"))) {
            assertThat(SignalCodec.decode(SignalCodec.encode(backfill))).isEqualTo(backfill);
        }
    }

    @Test
    void aHandWrittenSignalIsReadAndUnknownFieldsAreIgnored() {
        Signal signal =
                decode("{\"id\":\"a\",\"type\":\"REFRESH\",\"tables\":[\"t\"],\"keys\":[\"[1]\"],\"since\":[{}]}");
        assertThat(signal).isEqualTo(Signal.refresh("a", TableId.parse("public.t"), List.of("[1]"), ""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            nonsense                                                       | no JSON
            {"id":"a","type":"drain"} {}                                   | no JSON
            []                                                             | found array
            {"type":"drain"}                                               | the text field 'id'
            {"id":1,"type":"drain"}                                        | the text field 'id'
            {"id":" ","type":"drain"}                                      | needs an id
            {"id":"a"}                                                     | the text field 'type'
            {"id":"a","type":"dig"}                                        | of type refresh, compare, drain or backfill, not 'dig'
            {"id":"a","type":"compare","tables":["t"]}                     | of type compare names at least one key
            {"id":"a","type":"compare","tables":["t","u"],"keys":["[1]"]}  | of type compare names one table, not 2
            {"id":"a","type":"compare","tables":["t"],"keys":["[1]"],"where":"x"} | is a backfill
            {"id":"a","type":"drain","tables":["t"]}                       | neither tables nor keys
            {"id":"a","type":"refresh","tables":["t"]}                     | at least one key
            {"id":"a","type":"refresh","tables":["t","u"],"keys":["[1]"]}  | one table, not 2
            {"id":"a","type":"refresh","tables":[".t"],"keys":["[1]"]}     | schema.table, not '.t'
            {"id":"a","type":"refresh","tables":["t"],"keys":["[1]"],"truncate":true} | is a backfill
            {"id":"a","type":"drain","where":"x"}                          | is a backfill
            {"id":"a","type":"backfill"}                                   | at least one table
            {"id":"a","type":"backfill","tables":["t","public.t"]}         | no table twice
            {"id":"a","type":"backfill","tables":["t"],"keys":["[1]"]}     | names no keys
            {"id":"a","type":"backfill","tables":["t"],"where":" "}        | not a blank one
            {"id":"a","type":"backfill","tables":["t"],"where":"x","truncate":true} | not both
            {"id":"a","type":"backfill","tables":["t"],"truncate":"yes"}   | 'truncate' is true or false
            {"id":"a","type":"refresh","tables":"t","keys":["[1]"]}        | 'tables' is an array of texts
            {"id":"a","type":"refresh","tables":["t"],"keys":[[1]]}        | 'keys' is an array of texts
            """)
    void aMalformedSignalIsRefusedByReason(String json, String reason) {
        assertThatThrownBy(() -> decode(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void aRecordWithoutAValueIsRefused() {
        assertThatThrownBy(() -> SignalCodec.decode(null)).hasMessageContaining("without a value");
        assertThatThrownBy(() -> SignalCodec.decode(new byte[0])).hasMessageContaining("found ");
    }

    private static Signal decode(String json) {
        return SignalCodec.decode(json.getBytes(StandardCharsets.UTF_8));
    }
}
