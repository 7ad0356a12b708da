package dev.sluice.schemas.event;

/** One entry of a lane. */
public sealed interface Event permits Change, Control, Rejected {
    Source source();

    Transaction transaction();

    /** When the producer published, milliseconds since the epoch. */
    long publishedMillis();
}
