using System.Security.Cryptography;
using System.Text;

namespace Gateway.Architecture.Tests;

/// <summary>The numbers of the dictionary are stored on disk in every message, so rows may be added at the end, and nothing else.</summary>
public sealed class ParameterDictionaryTests
{
    /// <summary>The first rows of the dictionary: never renumbered, renamed, retyped or removed. Raise the count, with the new hash, when a release freezes more rows.</summary>
    private const int FrozenRows = 1520;
    private const string FrozenHash = "362dad9879b0191b6bca79b3ceb142819088d7a98a6efe0aeb548c8b1c1e7d61";

    private static readonly string[][] s_rows =
    [
        .. Repository.Read("protocol-specs/parameters.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.TrimEnd('\r').Split('\t')),
    ];

    [Fact]
    public void Numbers_start_at_1_and_have_no_gaps() => Assert.Equal(Enumerable.Range(1, s_rows.Length), s_rows.Select(row => int.Parse(row[0], System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void Names_are_unique() => Assert.Empty(s_rows.GroupBy(row => row[1], StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key));

    [Fact]
    public void Every_row_has_number_name_type_unit_indexed_and_description() => Assert.All(s_rows, row => Assert.True(row.Length == 6, string.Join(" | ", row)));

    [Fact]
    public void Rows_that_a_release_has_stored_on_disk_never_change()
    {
        Assert.True(s_rows.Length >= FrozenRows, $"The dictionary lost rows: {s_rows.Length} instead of {FrozenRows} or more.");
        // Number, name, type and unit: what gives stored bytes their meaning. Descriptions may be improved.
        string meaning = string.Concat(s_rows.Take(FrozenRows).Select(row => string.Join('\t', row[..4]) + "\n"));
        Assert.Equal(FrozenHash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(meaning))));
    }
}
