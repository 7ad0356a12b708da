@NullMarked
package dev.sluice.sinks.postgresql.replay;

import org.jspecify.annotations.NullMarked;
