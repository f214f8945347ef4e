using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>The notes about the records of one file, for the reader that is there: those in the file itself and in the next one, since a note is written soon after what it is about.</summary>
/// <remarks>Each file is gone through once for its notes, whatever the direction; they take about as much memory as in the file.</remarks>
internal sealed class NoteIndex(FileSystem files)
{
    private IReadOnlyList<SegmentInfo> _segments = [];
    private FileNotes? _here;
    private FileNotes? _next;

    /// <summary>Learns which files there are, oldest first, those included that are only read for their notes.</summary>
    public void Begin(IReadOnlyList<SegmentInfo> segments) => _segments = segments;

    /// <summary>Goes to a file.</summary>
    public void MoveTo(long number)
    {
        if (_here?.Number == number) return;
        int at = 0;
        while (at < _segments.Count && _segments[at].Number != number) at++;
        (_here, _next) = (Take(at), Take(at + 1));
    }

    /// <summary>Adds the notes about a record to a list.</summary>
    public void Find(long connection, int index, List<RingNote> notes)
    {
        _here?.Find(connection, index, notes);
        _next?.Find(connection, index, notes);
    }

    private FileNotes? Take(int at)
    {
        if (at >= _segments.Count) return null;
        long number = _segments[at].Number;
        return _here?.Number == number ? _here : _next?.Number == number ? _next : FileNotes.Load(files, _segments[at]);
    }

    /// <summary>The notes in one file.</summary>
    private sealed class FileNotes(long number)
    {
        // By connection, and there by the last record that a note is about: then also by the first, since rows move on.
        private readonly Dictionary<long, List<Noted>> _byConnection = [];

        public long Number => number;

        public static FileNotes Load(FileSystem files, SegmentInfo segment)
        {
            var notes = new FileNotes(segment.Number);
            using LoadedSegment? file = LoadedSegment.Load(files, segment);
            if (file is null) return notes;
            SegmentScan scan = file.Scan(0);
            while (scan.TryNext(out RingRecordView record))
                if (record.Type == RingRecord.NoteType && record.Bytes.Length == RingRecord.NoteBytes) notes.Add(record);
            return notes;
        }

        public void Find(long connection, int index, List<RingNote> found)
        {
            if (!_byConnection.TryGetValue(connection, out List<Noted>? notes)) return;
            int low = 0;
            for (int high = notes.Count; low < high;)
            {
                int middle = (low + high) / 2;
                if (notes[middle].Last < index) low = middle + 1;
                else high = middle;
            }

            for (; low < notes.Count && notes[low].First <= index; low++) found.Add(notes[low].Note);
        }

        private void Add(in RingRecordView record)
        {
            ReadOnlySpan<byte> bytes = record.Bytes;
            int count = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(bytes), 1, RingRecord.NotedMax);
            var note = new RingNote(BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]));
            if (!_byConnection.TryGetValue(record.Connection, out List<Noted>? notes)) _byConnection.Add(record.Connection, notes = []);
            int at = notes.Count;
            while (at > 0 && notes[at - 1].Last > record.Index) at--;
            notes.Insert(at, new Noted(record.Index - count + 1, record.Index, note));
        }
    }

    private readonly record struct Noted(int First, int Last, RingNote Note);
}
