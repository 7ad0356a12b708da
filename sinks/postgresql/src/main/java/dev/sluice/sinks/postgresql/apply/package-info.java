/** What becomes of a batch: planned purely, written in sets, refused rows found and kept. */
@NullMarked
package dev.sluice.sinks.postgresql.apply;

import org.jspecify.annotations.NullMarked;
