namespace Gateway.Architecture.Tests;

/// <summary>Who may know whom: references point from the host to the rooms, and never sideways or back.</summary>
public sealed class ReferenceDirectionTests
{
    /// <summary>The table of rooms. A new project in <c>src</c> needs a row of its own.</summary>
    private static readonly Dictionary<string, string[]> s_mayReference = new(StringComparer.Ordinal)
    {
        ["Gateway.Codecs.Generator"] = [],
        ["Gateway.Codecs"] = [],
        ["Gateway.Storage"] = [],
        ["Gateway.Host"] = ["Gateway.Codecs", "Gateway.Codecs.Generator", "Gateway.Storage"],
    };

    public static TheoryData<string> Projects => [.. Repository.Files("src", "*.csproj")];

    [Theory, MemberData(nameof(Projects))]
    public void A_project_references_only_the_rooms_that_the_table_allows(string project)
    {
        string name = Path.GetFileNameWithoutExtension(project);
        Assert.True(s_mayReference.TryGetValue(name, out string[]? allowed), $"{name} is not in the table of rooms.");
        Assert.Empty(Repository.RuntimeReferences(project).Except(allowed, StringComparer.Ordinal));
    }

    [Fact]
    public void The_generator_needs_Roslyn_and_nothing_else() =>
        Assert.All(
            Repository.Packages("src/Codecs.Generator/Gateway.Codecs.Generator.csproj"),
            package => Assert.StartsWith("Microsoft.CodeAnalysis", package, StringComparison.Ordinal));

    [Fact]
    public void Every_room_of_the_table_exists() =>
        Assert.Equal(s_mayReference.Keys.Order(StringComparer.Ordinal), Projects.Select(row => Path.GetFileNameWithoutExtension(row.Data)).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("Gateway.sln").Replace('\\', '/');
        IEnumerable<string> projects = new[] { "src", "tests", "perf" }.SelectMany(folder => Repository.Files(folder, "*.csproj"));
        Assert.DoesNotContain(projects, project => !solution.Contains(project, StringComparison.Ordinal));
    }

    [Fact]
    public void Package_versions_stand_in_one_place()
    {
        IEnumerable<string> projects = new[] { "src", "tests", "perf" }.SelectMany(folder => Repository.Files(folder, "*.csproj"));
        Assert.DoesNotContain(projects, project => Repository.Read(project).Contains(" Version=\"", StringComparison.Ordinal));
    }
}
