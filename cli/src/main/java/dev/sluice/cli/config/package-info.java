/** {@code sluice.yaml}: read once, every problem reported with its line, immutable afterwards. */
@NullMarked
package dev.sluice.cli.config;

import org.jspecify.annotations.NullMarked;
