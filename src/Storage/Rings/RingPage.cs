using System.Runtime.InteropServices;

namespace Gateway.Storage.Rings;

/// <summary>Decides about an ident, UTF-8.</summary>
public delegate bool RingIdentMatch(ReadOnlySpan<byte> ident);

/// <summary>Which records are wanted.</summary>
public sealed record RingQuery
{
    /// <summary>Earliest time, µs since 1970, inclusive.</summary>
    public long FromUs { get; init; }

    /// <summary>Latest time, µs since 1970, inclusive.</summary>
    public long ToUs { get; init; } = long.MaxValue;

    /// <summary>Newest first.</summary>
    public bool IsReverse { get; init; }

    /// <summary>Records of these idents alone; null for all, those without an ident included.</summary>
    public RingIdentMatch? Ident { get; init; }

    /// <summary>Give what was learned about records later with them; costs one more pass over what is read.</summary>
    public bool HasNotes { get; init; }
}

/// <summary>A place in a ring where bytes can't be read. What was there is gone; the records around it are right.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Bytes">How long it is; 0 when that is not known.</param>
/// <param name="Reason">What is wrong, in words.</param>
public readonly record struct RingGap(string File, long Offset, long Bytes, string Reason);

/// <summary>Records read from a ring. Owned and reused by the caller; a buffer that grows to what was asked for.</summary>
public sealed class RingPage
{
    private byte[] _bytes = [];
    private Place[] _places = [];
    private int _length;
    private readonly List<RingNote> _notes = [];

    /// <summary>Whose ring it was filled from.</summary>
    public long Owner { get; internal set; }

    /// <summary>Number of records.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes held.</summary>
    public int Length => _length;

    /// <summary>What record <paramref name="index"/> says beside its ident and its bytes.</summary>
    public RingEntry Entry(int index) => _places[index].Entry;

    /// <summary>The ident of record <paramref name="index"/>: what it says itself, or else what its connection told later; empty when it never did. Valid until the page is filled again.</summary>
    public ReadOnlySpan<byte> Ident(int index) => _bytes.AsSpan(_places[index].Start, _places[index].IdentLength);

    /// <summary>The bytes of record <paramref name="index"/>, valid until the page is filled again.</summary>
    public ReadOnlySpan<byte> Bytes(int index) => _bytes.AsSpan(_places[index].Start + _places[index].IdentLength, _places[index].Length);

    /// <summary>What was learned about record <paramref name="index"/> after it was added, in the order in which it was; empty when nothing was, not yet, or the query did not ask. Valid until the page is filled again.</summary>
    public ReadOnlySpan<RingNote> Notes(int index) => CollectionsMarshal.AsSpan(_notes)[_places[index].NotesStart.._places[index].NotesEnd];

    internal void Clear()
    {
        Count = _length = 0;
        _notes.Clear();
    }

    internal void Add(in RingEntry entry, ReadOnlySpan<byte> ident, ReadOnlySpan<byte> bytes, NoteIndex? notes)
    {
        int length = _length + ident.Length + bytes.Length;
        if (_places.Length == Count) Array.Resize(ref _places, Math.Max(64, Count * 2));
        if (_bytes.Length < length) Array.Resize(ref _bytes, Math.Max(length, Math.Max(4096, _bytes.Length * 2)));
        ident.CopyTo(_bytes.AsSpan(_length));
        bytes.CopyTo(_bytes.AsSpan(_length + ident.Length));
        int notesStart = _notes.Count;
        notes?.Find(entry.Connection, entry.Index, _notes);
        _places[Count++] = new Place(entry, _length, ident.Length, bytes.Length, notesStart, _notes.Count);
        _length = length;
    }

    private readonly record struct Place(RingEntry Entry, int Start, int IdentLength, int Length, int NotesStart, int NotesEnd);
}
