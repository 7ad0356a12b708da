/** {@code sluice init}: a commented configuration and proposed DDL from what the source is. */
@NullMarked
package dev.sluice.cli.init;

import org.jspecify.annotations.NullMarked;
