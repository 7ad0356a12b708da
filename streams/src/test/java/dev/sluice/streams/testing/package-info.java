/** Tables, events and a model of PostgreSQL for the tests of this module. */
@NullMarked
package dev.sluice.streams.testing;

import org.jspecify.annotations.NullMarked;
