@NullMarked
package dev.sluice.sinks.postgresql.apply;

import org.jspecify.annotations.NullMarked;
