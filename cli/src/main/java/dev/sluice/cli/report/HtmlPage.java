package dev.sluice.cli.report;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The frame of a page that needs nothing beside it: no scripts, no other files, for screens, light or dark, and paper. */
public final class HtmlPage {
    public static final String END = "</body>\n</html>\n";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>%s</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
            table { border-collapse: collapse; width: 100%%; margin: .6rem 0; } th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
            th { font-weight: 600; border-bottom: 2px solid #888; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
            tr.total td { font-weight: 600; border-top: 2px solid #888; } code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
            .meta, .note { color: #555; } .verdict { padding: .6rem .9rem; border-left: 6px solid #888; background: #f4f4f4; margin: 1rem 0; font-weight: 600; }
            .complete { border-color: #2a7d3b; } .open { border-color: #c77700; } .loading { border-color: #3465a4; } .partial { border-color: #888; } .wrong { border-color: #b3261e; }
            @media screen and (prefers-color-scheme: dark) { body { color: #ddd; background: #181818; } th, td { border-color: #444; } .meta, .note { color: #aaa; } .verdict { background: #262626; } }
            @media print { body { margin: 0; max-width: none; font-size: 11px; } h2 { break-after: avoid; } tr { break-inside: avoid; } .verdict { background: none; } }
            </style>
            </head>
            <body>
            """;

    private HtmlPage() {}

    public static String head(String title) {
        return HEAD.formatted(text(title));
    }

    public static String time(Instant instant) {
        return TIME.format(instant);
    }

    /** As text of an element or of an attribute in quotes. */
    public static String text(String value) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
