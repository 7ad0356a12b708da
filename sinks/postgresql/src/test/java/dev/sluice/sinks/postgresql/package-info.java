@NullMarked
package dev.sluice.sinks.postgresql;

import org.jspecify.annotations.NullMarked;
