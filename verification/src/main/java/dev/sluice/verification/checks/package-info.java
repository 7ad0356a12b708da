/** Checks that people write in SQL: what a comparison of rows cannot see, because it speaks of several tables or stands in for values that a rule changed. */
@NullMarked
package dev.sluice.verification.checks;

import org.jspecify.annotations.NullMarked;
