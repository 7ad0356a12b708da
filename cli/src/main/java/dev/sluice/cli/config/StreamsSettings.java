package dev.sluice.cli.config;

/**
 * How the topology runs.
 *
 * @param standbyReplicas how many other instances keep a copy of a lane's state, so that one of them takes the lane over without reading it first
 */
public record StreamsSettings(int standbyReplicas) {
    public static final StreamsSettings DEFAULT = new StreamsSettings(0);
    /** More instances than any lane has use for. */
    private static final int MOST = 10;

    static StreamsSettings from(Section section) {
        StreamsSettings settings =
                new StreamsSettings(section.integer("standby-replicas", DEFAULT.standbyReplicas, 0, MOST));
        section.refuseOtherKeys();
        return settings;
    }
}
