package dev.sluice.streams.gate;

/** Lays a partial version of a row over an earlier one. */
public interface VersionMerger {
    /**
     * @param earlier value of the earlier event
     * @param partial value of the newer one, which names the columns that it leaves out
     * @return value of an event with the newer one's origin, and the earlier one's values where it leaves a column out
     */
    byte[] merge(byte[] earlier, byte[] partial);
}
