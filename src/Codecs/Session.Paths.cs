using Gateway.Codecs.Reading;

namespace Gateway.Codecs;

/// <summary>Room for the paths of JSON readers.</summary>
public abstract partial class Session
{
    private const int PathLevels = 8;

    private byte[] _paths = [];

    /// <summary>Room for the path of a JSON reader; readers inside each other have levels of their own. Called by generated code.</summary>
    /// <param name="level">0 to 7.</param>
    public Span<byte> PathRoom(int level)
    {
        if (_paths.Length == 0) _paths = new byte[PathLevels * JsonReader.PathBytesMax];
        return _paths.AsSpan(level * JsonReader.PathBytesMax, JsonReader.PathBytesMax);
    }
}
