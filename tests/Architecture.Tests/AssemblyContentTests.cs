using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Gateway.Codecs;
using Gateway.Storage;

namespace Gateway.Architecture.Tests;

/// <summary>What the compiled rooms refer to, generated code included.</summary>
public sealed class AssemblyContentTests
{
    [Theory]
    [InlineData("System.Net.Sockets.")]
    [InlineData("System.Net.Http.")]
    [InlineData("System.IO.File")]
    [InlineData("System.IO.Directory")]
    [InlineData("System.IO.RandomAccess")]
    [InlineData("System.Diagnostics.Stopwatch")]
    [InlineData("System.Diagnostics.Process")]
    [InlineData("System.TimeProvider")]
    [InlineData("System.Threading.Timer")]
    [InlineData("System.Random")]
    public void Codecs_have_no_sockets_no_files_and_no_clocks(string forbidden) =>
        Assert.DoesNotContain(TypesUsedBy(typeof(Codec)), type => type.StartsWith(forbidden, StringComparison.Ordinal));

    [Fact]
    public void Codecs_never_ask_what_time_it_is() =>
        Assert.DoesNotContain(
            MembersUsedBy(typeof(Codec)),
            member => member is "System.DateTime.get_UtcNow" or "System.DateTime.get_Now" or "System.DateTime.get_Today" or "System.DateTimeOffset.get_UtcNow" or "System.DateTimeOffset.get_Now"
                or "System.Environment.get_TickCount" or "System.Environment.get_TickCount64");

    [Fact]
    public void Storage_knows_bytes_and_nothing_of_sockets_or_messages() =>
        Assert.DoesNotContain(
            TypesUsedBy(typeof(IMessageLog)),
            type => type.StartsWith("System.Net.", StringComparison.Ordinal) || type.StartsWith("Gateway.", StringComparison.Ordinal) || type.StartsWith("MessagePack.", StringComparison.Ordinal));

    [Fact]
    public void The_scan_sees_what_an_assembly_uses()
    {
        // Without this, a scan that finds nothing would pass every test above.
        Assert.Contains("System.ReadOnlySpan`1", TypesUsedBy(typeof(Codec)));
        Assert.Contains("System.IO.File", TypesUsedBy(typeof(AssemblyContentTests)));
        Assert.Contains("System.DateTime.get_UtcNow", MembersUsedBy(typeof(AssemblyContentTests)));
        Assert.True(DateTime.UtcNow > DateTime.UnixEpoch);
    }

    private static List<string> TypesUsedBy(Type any)
    {
        using PEReader file = new(File.OpenRead(any.Assembly.Location));
        MetadataReader reader = file.GetMetadataReader();
        return [.. reader.TypeReferences.Select(handle => NameOf(reader, handle))];
    }

    private static List<string> MembersUsedBy(Type any)
    {
        using PEReader file = new(File.OpenRead(any.Assembly.Location));
        MetadataReader reader = file.GetMetadataReader();
        return
        [
            .. reader.MemberReferences.Select(reader.GetMemberReference).Where(member => member.Parent.Kind == HandleKind.TypeReference)
                .Select(member => $"{NameOf(reader, (TypeReferenceHandle)member.Parent)}.{reader.GetString(member.Name)}"),
        ];
    }

    private static string NameOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        TypeReference type = reader.GetTypeReference(handle);
        return $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }
}
