/** {@code sluice demo}: an application of our own on SQLite, moved to PostgreSQL while it keeps writing. */
@NullMarked
package dev.sluice.cli.demo;

import org.jspecify.annotations.NullMarked;
