namespace Gateway.Storage.Rings;

/// <summary>Whose a record is: a connection's first records carry no ident, since the device told it later; and one read may hold frames of several idents.</summary>
/// <remarks>Made in one pass over the ring, before the pass that gives records.</remarks>
internal sealed class IdentIndex(RingIdentMatch? match)
{
    /// <summary>Most connections for which the ident of their first records is remembered; the first records of others stay without.</summary>
    private const int ConnectionsMax = 262_144;

    private readonly HashSet<long> _open = [];
    private readonly Dictionary<long, byte[]> _told = [];
    private readonly HashSet<(long Connection, int Index)> _also = [];

    /// <summary>Looks at a record, in the order of the ring.</summary>
    public void Note(in RingRecordView record)
    {
        long connection = record.Connection;
        if (record.Type == RingRecord.AlsoIdentType)
        {
            if (match is not null && match(record.Ident) && _also.Count < ConnectionsMax) _also.Add((connection, record.Index));
        }
        else if (connection == 0 || record.Type == RingRecord.NoteType)
        {
        }
        else if (record.Ident.IsEmpty)
        {
            if (!_told.ContainsKey(connection) && _open.Count + _told.Count < ConnectionsMax) _open.Add(connection);
        }
        else if (_open.Remove(connection))
        {
            _told.Add(connection, record.Ident.ToArray());
        }
    }

    /// <summary>The ident of a record: its own, or the one its connection told later; empty when it told none.</summary>
    public ReadOnlySpan<byte> IdentOf(in RingRecordView record)
    {
        ReadOnlySpan<byte> own = record.Ident;
        return own.IsEmpty && _told.TryGetValue(record.Connection, out byte[]? told) ? told : own;
    }

    /// <summary>Whether a record is of an ident that is wanted.</summary>
    public bool IsWanted(in RingRecordView record, ReadOnlySpan<byte> ident) =>
        match is null || (!ident.IsEmpty && match(ident)) || _also.Contains((record.Connection, record.Index));
}
