package dev.sluice.producers.api;

/** Where a test may stop a publisher; in production nothing happens there. */
@FunctionalInterface
interface FaultPoint {
    FaultPoint NONE = place -> {};

    /** Moments at which a crash leaves something different behind. */
    enum Place {
        /** A Kafka transaction is open, a record is about to be sent. */
        BEFORE_SEND,
        /** All records and the progress are sent. */
        BEFORE_COMMIT,
        /** The Kafka transaction is durable; the source was not told. */
        AFTER_COMMIT,
        BEFORE_SOURCE_COMMITTED
    }

    void reached(Place place);
}
