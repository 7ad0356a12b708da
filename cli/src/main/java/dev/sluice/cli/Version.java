package dev.sluice.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the build put into the jar's manifest. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {text()};
    }

    public static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return "sluice " + (version == null ? "(unpackaged)" : version);
    }
}
