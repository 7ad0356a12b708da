/** What every part needs from its surroundings: error kinds, findings, leases on time. Depends on nothing of ours. */
@NullMarked
package dev.sluice.runtime;

import org.jspecify.annotations.NullMarked;
