/**
 * In-process Kafka broker, embedded PostgreSQL and local schema registry: the default without addresses, and for tests.
 *
 * <p>All three listen on the loopback interface only. PostgreSQL asks for a generated password, because its rows may be
 * anybody's; the broker and the registry ask for none, so every user of the same machine can reach them. Give Sluice
 * addresses of secured servers where that matters.
 */
@NullMarked
package dev.sluice.embedded;

import org.jspecify.annotations.NullMarked;
