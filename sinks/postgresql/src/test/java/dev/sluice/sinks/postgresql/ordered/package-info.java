@NullMarked
package dev.sluice.sinks.postgresql.ordered;

import org.jspecify.annotations.NullMarked;
