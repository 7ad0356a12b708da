/** In-process Kafka broker, embedded PostgreSQL and local schema registry: the default without addresses, and for tests. */
@NullMarked
package dev.sluice.embedded;

import org.jspecify.annotations.NullMarked;
