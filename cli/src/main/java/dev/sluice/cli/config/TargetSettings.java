package dev.sluice.cli.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The PostgreSQL that follows.
 *
 * @param url JDBC address; empty for the embedded PostgreSQL
 * @param user empty for what the address says
 * @param schema where tables are looked for that are not given with their schema
 * @param ddl SQL script that makes the target's tables; run once, when none of the captured tables is there
 */
public record TargetSettings(
        Optional<String> url, Optional<String> user, Optional<Secret> password, String schema, Optional<Path> ddl) {
    static TargetSettings from(Section section, Path directory) {
        TargetSettings settings = new TargetSettings(
                section.optional("url", TargetSettings::checkedUrl),
                section.text("user"),
                password(section, directory),
                section.text("schema", "public"),
                section.optional("ddl", text -> directory.resolve(text)));
        if (!section.has("url")) {
            for (String key : new String[] {"user", "password", "password-file"}) {
                if (section.has(key)) {
                    section.problem(key, "has no effect without target.url; add that or remove this");
                }
            }
        }
        section.refuseOtherKeys();
        return settings;
    }

    public boolean embedded() {
        return url.isEmpty();
    }

    /** Without parameters, which may hold a password. */
    public String displayUrl() {
        return url.map(u -> u.replaceFirst("\\?.*", "").replaceFirst("//[^/@]*@", "//"))
                .orElse("embedded");
    }

    @Override
    public String toString() {
        return "TargetSettings[" + displayUrl() + ", schema " + schema + "]";
    }

    private static Optional<Secret> password(Section section, Path directory) {
        Optional<Secret> fromFile = section.optional("password-file", text -> readPassword(directory.resolve(text)));
        Optional<Secret> direct = section.text("password").map(Secret::new);
        if (section.has("password") && section.has("password-file")) {
            section.problem("password-file", "stands beside target.password; keep one of them");
        }
        return direct.or(() -> fromFile);
    }

    private static Secret readPassword(Path file) {
        try {
            return new Secret(Files.readString(file).stripTrailing());
        } catch (IOException e) {
            throw new IllegalArgumentException("expected a readable file with the password", e);
        }
    }

    private static String checkedUrl(String text) {
        if (!text.startsWith("jdbc:postgresql:")) {
            throw new IllegalArgumentException("expected an address of the form jdbc:postgresql://host:port/database");
        }
        return text;
    }
}
