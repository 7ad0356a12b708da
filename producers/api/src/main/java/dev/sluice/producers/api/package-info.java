/** The contract of a producer, and the publisher that gives every event its place in the lane. */
@NullMarked
package dev.sluice.producers.api;

import org.jspecify.annotations.NullMarked;
