using System.Globalization;
using System.Text;
using Gateway.Codecs;

namespace Gateway.Perf.Scoreboard;

/// <summary>A protocol and what was measured of it.</summary>
internal sealed record BoardRow(ProtocolInfo Info, CodecSpeed Speed);

/// <summary>Writes the page of all protocols.</summary>
internal static class Board
{
    /// <summary>Writes the page.</summary>
    /// <param name="path">The Markdown file.</param>
    /// <param name="rows">By name.</param>
    /// <param name="conformance">Rows <c>protocol, positions, replies, attributes</c> behind tabs, as the conformance tests write them; null leaves the columns empty.</param>
    public static void Write(string path, IReadOnlyList<BoardRow> rows, string? conformance)
    {
        Dictionary<string, string[]> scores = conformance is null
            ? []
            : File.ReadLines(conformance).Skip(1).Select(line => line.Split('\t')).Where(cells => cells.Length >= 4).ToDictionary(cells => cells[0], StringComparer.Ordinal);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Protocols

            {rows.Count} protocols, made by `perf/scoreboard.sh` from the specs, the recordings of real devices and one measurement.

            - lines: of the spec, samples and tables included. messages: kinds that the spec tells apart. parameters: names it can write, numbered ones counted once.
            - positions, replies, attributes: equal to the recordings, out of how many, over real ports; `(+n)`: differs for a reason that `tests/Conformance.Tests/exceptions/` gives.
            - ns, MB/s, B: nanoseconds per message, bytes in per second and managed bytes per message on one core, for the samples of the spec: framing, decoding, encoding and reply together.

            | protocol | title | transport | lines | messages | parameters | positions | replies | attributes | ns | MB/s | B | commands |
            | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |

            """);
        foreach (BoardRow row in rows)
        {
            ProtocolInfo p = row.Info;
            string[] score = scores.GetValueOrDefault(p.Name, [p.Name, "", "", ""]);
            string commands = string.Join(", ", p.Commands.Select(c => c.Name));
            text.Append(CultureInfo.InvariantCulture,
                $"| [{p.Name}](../protocol-specs/{p.SpecFile}) | {p.Title.Replace("|", "\\|", StringComparison.Ordinal)} | {Transports(p)} | {p.SpecLines} | {p.Messages.Count} | {p.Parameters.Count} | {score[1]} | {score[2]} | {score[3]} | {row.Speed.NsPerMessage:0} | {row.Speed.MegabytesPerSecond:0} | {row.Speed.AllocatedPerMessage:0.##} | {commands} |\n");
        }
        File.WriteAllText(path, text.ToString());
    }

    private static string Transports(ProtocolInfo p) => string.Join(' ', new[] { p.Tcp ? "tcp" : "", p.Udp ? "udp" : "" }.Where(t => t.Length > 0));
}
