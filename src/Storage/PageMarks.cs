namespace Gateway.Storage;

/// <summary>For each page of a channel's log the sequence of its first record and the latest server time so far: finds a page for a key or a time.</summary>
/// <remarks>16 bytes for a page of 64 KiB. Made again from the pages at open. Not safe for several threads: the log's gate guards it.</remarks>
internal sealed class PageMarks
{
    private Mark[] _marks = new Mark[4];
    private int _start;
    private int _count;
    private long _firstPage;

    /// <summary>Number of pages known.</summary>
    public int Count => _count;

    /// <summary>The first page known.</summary>
    public long FirstPage => _firstPage;

    /// <summary>The last page known; one below the first when there is none.</summary>
    public long LastPage => _firstPage + _count - 1;

    /// <summary>Notes the first record of a page; pages come one after the other, except the first.</summary>
    public void Add(long page, long firstSequence, long timeMaxUs)
    {
        if (_count == 0) _firstPage = page;
        else if (page != LastPage + 1) throw new InvalidOperationException($"Page {page} follows page {LastPage}.");
        if (_count == _marks.Length) Grow();
        _marks[(_start + _count) & (_marks.Length - 1)] = new Mark(firstSequence, timeMaxUs);
        _count++;
    }

    /// <summary>The first page whose time is exact; those before it have a time that none of their records is above.</summary>
    public long ExactFrom { get; private set; }

    /// <summary>The first sequence of that page; <see cref="long.MaxValue"/> when there is none.</summary>
    public long SequenceOfExact => ExactFrom > LastPage ? long.MaxValue : FirstSequenceOf(Math.Max(ExactFrom, _firstPage));

    /// <summary>Forgets all pages.</summary>
    public void Clear()
    {
        _count = 0;
        ExactFrom = 0;
    }

    /// <summary>Only the first record of each page was read, and below the sequence the times are not in order: each page below gets a time that no record before it is above.</summary>
    /// <param name="belowSequence">From here on they are.</param>
    /// <param name="timeMaxUs">Above none of all records.</param>
    public void BoundTimes(long belowSequence, long timeMaxUs)
    {
        ExactFrom = LastPage + 1;
        for (int i = _count - 1; i >= 0; i--)
        {
            if (this[i].FirstSequence >= belowSequence)
            {
                ExactFrom = _firstPage + i;
                timeMaxUs = this[i].TimeMaxUs;
            }
            else
            {
                this[i] = this[i] with { TimeMaxUs = timeMaxUs };
            }
        }
    }

    /// <summary>Takes the exact times of all pages below <see cref="ExactFrom"/>; a page that is not among them has the time of the one before it.</summary>
    public void SetTimes(Dictionary<long, long> times)
    {
        long timeMaxUs = 0;
        for (int i = 0; i < _count && _firstPage + i < ExactFrom; i++)
        {
            timeMaxUs = Math.Max(timeMaxUs, times.GetValueOrDefault(_firstPage + i));
            this[i] = this[i] with { TimeMaxUs = timeMaxUs };
        }

        ExactFrom = _count == 0 ? 0 : _firstPage;
    }

    /// <summary>Forgets the pages below.</summary>
    public void TrimBelow(long page)
    {
        while (_count > 0 && _firstPage < page)
        {
            _start = (_start + 1) & (_marks.Length - 1);
            _firstPage++;
            _count--;
        }
    }

    /// <summary>The page that holds the sequence, if the log does: the last one that begins at or below it, else the first.</summary>
    public long PageOf(long sequence)
    {
        int low = 0, high = _count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (this[middle].FirstSequence <= sequence) low = middle;
            else high = middle - 1;
        }

        return _firstPage + low;
    }

    /// <summary>The last page before which every record is older than the time; the first page when there is none.</summary>
    public long PageOfTime(long serverTimeUs)
    {
        int low = 0, high = _count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (this[middle].TimeMaxUs < serverTimeUs) low = middle;
            else high = middle - 1;
        }

        return _firstPage + low;
    }

    /// <summary>The first sequence on a known page.</summary>
    public long FirstSequenceOf(long page) => this[(int)(page - _firstPage)].FirstSequence;

    private ref Mark this[int index] => ref _marks[(_start + index) & (_marks.Length - 1)];

    private void Grow()
    {
        var larger = new Mark[_marks.Length * 2];
        for (int i = 0; i < _count; i++) larger[i] = this[i];
        _marks = larger;
        _start = 0;
    }

    private readonly record struct Mark(long FirstSequence, long TimeMaxUs);
}
