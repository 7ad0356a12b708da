@NullMarked
package dev.sluice.sinks.postgresql.control;

import org.jspecify.annotations.NullMarked;
