using System.Globalization;
using Gateway.Storage.Disk;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Inspection;

/// <summary>Files in each other's place, and files that belong nowhere.</summary>
internal sealed partial class Survey
{
    /// <summary>Puts log files where their headers say they belong, when what is missing there, or what lies there, belongs elsewhere as well.</summary>
    private void PlaceFiles()
    {
        Dictionary<string, FileHeader> headers = [];
        byte[] block = new byte[FileHeader.Bytes];
        foreach (string file in _files.ListFolders(ChannelsFolder).SelectMany(folder => _files.ListFiles(folder, "")).Order(StringComparer.Ordinal))
        {
            if (FileHeader.TryRead(block.AsSpan(0, _handles.Read(file, block, 0)), out FileHeader header, out _) == HeaderStatus.Valid && header.Kind == FileKind.Log) headers.Add(file, header);
        }

        var placements = new Dictionary<string, string>(StringComparer.Ordinal);       // to, from
        foreach ((string file, FileHeader header) in headers.OrderBy(file => file.Key.EndsWith(RepairActions.Placing, StringComparison.Ordinal)))     // a repair that was cut may have copied a part only
        {
            string right = FormattableString.Invariant($"{ChannelLog.PathOf(_folder, header.ChannelId, header.Number)}.{header.Segment}");
            bool isFree = !_files.FileExists(right) || (headers.TryGetValue(right, out FileHeader there) && there != header);
            if (file == right || !isFree || !placements.TryAdd(right, file)) continue;
            _findings.Add(new Finding(file, 0, header.ChannelId, $"it is the file {header.Name}", "it is put where it belongs; no message is lost by it"));
        }

        if (placements.Count == 0) return;

        // A file that is in the way and has no other place goes aside.
        foreach (string to in placements.Keys)
            if (_files.FileExists(to) && !placements.ContainsValue(to)) Remove(to);
        foreach ((string to, string from) in placements)
        {
            _handles.Forget(from);
            _handles.Forget(to);
            _files.CreateFolder(Path.GetDirectoryName(to)!);
        }

        Actions.Place(_files, [.. placements.Select(placement => (placement.Value, placement.Key))]);
    }

    /// <summary>Looks for files that no part of the store knows. What a start removes by itself is none of them.</summary>
    private void FindStrays(List<ChannelFacts> logs)
    {
        foreach (string file in _files.ListFiles(_folder, "").Where(file => !IsKnown(file))) AddStray(file, 0);
        foreach (string file in _files.ListFiles(ChannelsFolder, "")) AddStray(file, 0);

        Dictionary<long, long> known = logs.Where(facts => !facts.IsDeleted).ToDictionary(facts => facts.ChannelId, facts => facts.Incarnation);
        foreach ((long channelId, long incarnation) in _journalLogs) known[channelId] = Math.Max(known.GetValueOrDefault(channelId), incarnation);
        foreach (string folder in _files.ListFolders(ChannelsFolder))
        {
            long channelId = ChannelOf(folder);
            bool hasLog = known.TryGetValue(channelId, out long incarnation);
            foreach (string file in _files.ListFiles(folder, ""))
            {
                long number = Path.GetFileName(file).StartsWith("log-", StringComparison.Ordinal) ? IncarnationOf(file) : 0;
                bool isLog = number > 0 && channelId > 0;
                bool isLeftOver = isLog && (_deleted.Contains((channelId, number)) || (hasLog && number < incarnation && !_isRebuild));
                if (!(isLog && hasLog && number == incarnation) && !isLeftOver) AddStray(file, channelId);
            }
        }
    }

    private void AddStray(string file, long channelId)
    {
        _findings.Add(new Finding(file, 0, channelId, "no part of the store knows the file", "it is moved aside"));
        Remove(file);
    }

    private static bool IsKnown(string file) => Path.GetFileName(file) is "format" or "format.new" or "lock" or "checkpoint-a" or "checkpoint-b" || GenerationOf(file) > 0;

    private static long ChannelOf(string folder)
    {
        string name = Path.GetFileName(folder);
        return long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long channelId) && channelId.ToString(CultureInfo.InvariantCulture) == name ? channelId : 0;
    }
}
