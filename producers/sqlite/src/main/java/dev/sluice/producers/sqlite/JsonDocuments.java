package dev.sluice.producers.sqlite;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.sluice.producers.api.Marks;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import java.io.IOException;

/**
 * JSON documents, given on as they were written. INTEGER and REAL are JSON numbers, because NUMERIC affinity makes them of a number's text. What
 * PostgreSQL would refuse later is refused here: {@code NaN}, text behind the document, and for {@code jsonb} the escape {@code \u0000} and half surrogates.
 */
final class JsonDocuments implements Conversion {
    private static final int MAX_DEPTH = 5_000;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .build())
            // Locations in messages would show the document.
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private final boolean jsonb;

    JsonDocuments(boolean jsonb) {
        this.jsonb = jsonb;
    }

    @Override
    public Object convert(Object stored, Marks marks) throws Refusal {
        if (stored instanceof String string) {
            return document(Texts.withoutNul(string));
        } else if (stored instanceof Long) {
            return stored.toString();
        } else if (stored instanceof Double d && !Double.isInfinite(d)) {
            return Numbers.shortest(d).toPlainString();
        } else if (stored instanceof RawText) {
            throw Texts.invalidUtf8();
        }
        throw Refusal.found("invalid-json", "a JSON document", stored);
    }

    private String document(String text) throws Refusal {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() == null) {
                throw Refusal.of("invalid-json", "a JSON document was expected, empty text was found");
            }
            int depth = 0;
            JsonToken token = parser.currentToken();
            do {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                if (jsonb) {
                    checkText(parser, token);
                }
                token = parser.nextToken();
            } while (depth > 0 && token != null);
            if (depth > 0 || token != null) {
                throw Refusal.of(
                        "invalid-json", "one JSON document was expected, its end is missing or something follows it");
            }
            return text;
        } catch (IOException e) {
            throw Refusal.of("invalid-json", "a JSON document was expected, other text was found");
        }
    }

    private static void checkText(JsonParser parser, JsonToken token) throws IOException, Refusal {
        if (token != JsonToken.VALUE_STRING && token != JsonToken.FIELD_NAME) {
            return;
        }
        char[] characters = parser.getTextCharacters();
        int end = parser.getTextOffset() + parser.getTextLength();
        for (int i = parser.getTextOffset(); i < end; i++) {
            char c = characters[i];
            if (c == '\0') {
                throw Refusal.other(
                        "nul-character",
                        "jsonb without \\u0000 was expected, because PostgreSQL has none; \\u0000 was found");
            } else if (Character.isHighSurrogate(c) && i + 1 < end && Character.isLowSurrogate(characters[i + 1])) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw Refusal.of("invalid-json", "jsonb in Unicode was expected, half a surrogate pair was found");
            }
        }
    }
}
