using Gateway.Storage.Disk;

namespace Gateway.Storage.Tests.Repair;

public sealed class OverlayFilesTests : StoreFixture
{
    private const int Names = 4;

    /// <summary>Promise: whatever is done to an overlay looks as if it were done to the files below, which stay as they were.</summary>
    [Fact]
    public void Any_calls_look_like_those_on_a_real_disk_and_change_nothing_below()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            string below = Path.Combine(Folder, $"below-{seed}"), twin = Path.Combine(Folder, $"twin-{seed}");
            Directory.CreateDirectory(Path.Combine(below, "a"));
            for (int i = 0; i < 3; i++) File.WriteAllBytes(NameOf(below, i), Bytes(random, 20_000));
            CopyFolder(below, twin);
            Dictionary<string, byte[]> before = Directory.GetFiles(below, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);
            var overlay = new OverlayFiles(FileSystem.Real);
            for (int step = 0; step < 60; step++)
            {
                int kind = random.Next(5), one = random.Next(Names), other = random.Next(Names), offset = random.Next(30_000);
                byte[] bytes = Bytes(random, random.Next(9_000));
                foreach ((FileSystem files, string root) in new[] { (FileSystem.Real, twin), (overlay, below) }) Do(files, root, kind, one, other, offset, bytes);
                Compare(overlay, below, twin, random, $"seed {seed}, step {step}");
            }

            Assert.Equal(before, Directory.GetFiles(below, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes));
        }
    }

    private static void Do(FileSystem files, string root, int kind, int one, int other, int offset, byte[] bytes)
    {
        string path = NameOf(root, one);
        switch (kind)
        {
            case 0:
                files.Delete(path);
                break;
            case 1 when files.FileExists(path) && one != other:
                files.Move(path, NameOf(root, other));
                break;
            default:
                using (FileHandle handle = files.Open(path, create: true)) files.Write(handle, path, bytes, offset);
                break;
        }
    }

    private static void Compare(OverlayFiles overlay, string below, string twin, Random random, string where)
    {
        Assert.Equal(Relative(FileSystem.Real, twin), Relative(overlay, below));
        foreach (string name in Relative(overlay, below))
        {
            string path = Path.Combine(below, name), real = Path.Combine(twin, name);
            Assert.True(overlay.LengthOf(path) == new FileInfo(real).Length, $"{where}: {name}");
            byte[] wanted = File.ReadAllBytes(real);
            int offset = random.Next(wanted.Length + 1);
            byte[] got = new byte[random.Next(15_000)];
            using FileHandle handle = overlay.Open(path, create: false);
            int length = overlay.Read(handle, path, got, offset);
            Assert.True(wanted.AsSpan(offset, Math.Min(got.Length, wanted.Length - offset)).SequenceEqual(got.AsSpan(0, length)), $"{where}: {name} from {offset}");
        }
    }

    private static string[] Relative(FileSystem files, string root) =>
        [.. files.ListFiles(root, "").Concat(files.ListFolders(root).SelectMany(folder => files.ListFiles(folder, ""))).Select(path => Path.GetRelativePath(root, path)).Order(StringComparer.Ordinal)];

    private static string NameOf(string root, int index) => Path.Combine(root, index % 2 == 0 ? "" : "a", $"file-{index}");

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
