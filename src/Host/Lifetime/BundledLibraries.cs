using System.Reflection;
using System.Runtime.InteropServices;

namespace Gateway.Host.Lifetime;

/// <summary>Loads native libraries that travel inside the single file as resources, without a temporary folder.</summary>
/// <remarks>
/// A library is copied to anonymous memory (memfd_create(2)) and loaded from there; where the kernel refuses that, from a file in the data folder, the only
/// folder that is sure to be writable. Builds that are no single file have no such resources and load as usual.
/// </remarks>
internal static partial class BundledLibraries
{
    private const string SqliteImport = "e_sqlite3";
    private const string SqliteResource = "libe_sqlite3.so";
    private const uint CloseOnExec = 1;

    private static readonly Lock Gate = new();
    private static nint _sqlite;

    /// <summary>Makes SQLite come from the resource, if there is one. Call before the first use of SQLite; more calls do nothing.</summary>
    /// <param name="dataFolder">Exists and is writable.</param>
    public static void Install(string dataFolder)
    {
        Assembly own = typeof(BundledLibraries).Assembly;
        if (own.GetManifestResourceInfo(SqliteResource) is null) return;
        lock (Gate)
        {
            if (_sqlite != 0) return;
            using Stream library = own.GetManifestResourceStream(SqliteResource)!;
            if (!TryLoadFromMemory(library, out _sqlite)) _sqlite = LoadFromFolder(library, dataFolder);
        }
        NativeLibrary.SetDllImportResolver(
            typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly,
            static (name, _, _) => name == SqliteImport ? _sqlite : 0);
    }

    private static bool TryLoadFromMemory(Stream library, out nint handle)
    {
        handle = 0;
        if (!OperatingSystem.IsLinux()) return false;
        int descriptor = CreateMemoryFile(SqliteResource, CloseOnExec);
        if (descriptor < 0) return false;

        using FileStream memory = new(new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write);
        library.CopyTo(memory);
        memory.Flush();
        return NativeLibrary.TryLoad($"/proc/self/fd/{descriptor}", out handle);
    }

    private static nint LoadFromFolder(Stream library, string dataFolder)
    {
        string path = Path.GetFullPath(Path.Combine(dataFolder, SqliteResource));
        library.Position = 0;
        using (FileStream file = File.Create(path)) library.CopyTo(file);
        return NativeLibrary.Load(path);
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
