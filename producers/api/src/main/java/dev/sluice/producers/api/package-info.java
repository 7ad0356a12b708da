/** The contract of every change source and the publisher that gives its events their one order. */
@NullMarked
package dev.sluice.producers.api;

import org.jspecify.annotations.NullMarked;
