package dev.sluice.verification;

import dev.sluice.schemas.relational.TableId;

/** Hears how far a comparison has come. Called by several threads. */
public interface VerificationListener {
    /** Of a table, so many keys have been compared, of about so many in the source; {@code step} is {@code pending}, {@code forward}, {@code backward}, {@code settling} or {@code repair}. */
    void compared(TableId table, String step, long keys, long expected);

    /** Why nothing is read at the moment, e.g. that the lag is large; empty when it goes on. */
    void held(String why);

    /** Something that a person should know, once. */
    void say(String line);
}
