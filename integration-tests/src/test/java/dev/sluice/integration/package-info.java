/** Whole pipelines, driven through the command line. */
@NullMarked
package dev.sluice.integration;

import org.jspecify.annotations.NullMarked;
