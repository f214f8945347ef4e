namespace Gateway.Storage;

/// <summary>For pages of a channel's log the sequence of the first record and the latest server time so far: finds a place before a key or a time, from where records are walked.</summary>
/// <remarks>24 bytes for a page. Each page that was written since the start has a mark, each <see cref="StoreOptions.PagesPerMark"/>th of those that were there. Not safe for several
/// threads: the log's gate guards it.</remarks>
internal sealed class PageMarks
{
    private PageMark[] _marks = new PageMark[4];
    private int _start;
    private int _count;

    /// <summary>Number of marks.</summary>
    public int Count => _count;

    /// <summary>The mark <paramref name="index"/>, from 0: the first is the one of the head's page, or the last one before it.</summary>
    public PageMark this[int index] => _marks[(_start + index) & (_marks.Length - 1)];

    /// <summary>The newest mark.</summary>
    public PageMark Last => this[_count - 1];

    /// <summary>The first page whose time is exact; marks before it have a time that none of the records before them is above.</summary>
    public long ExactFrom { get; private set; }

    /// <summary>Notes the first record of a page; pages come in order, some may be left out.</summary>
    public void Add(PageMark mark)
    {
        if (_count > 0 && mark.Page <= Last.Page) throw new InvalidOperationException($"Page {mark.Page} follows page {Last.Page}.");
        if (_count == _marks.Length) Grow();
        Set(_count++, mark);
    }

    /// <summary>Forgets all pages.</summary>
    public void Clear()
    {
        _count = 0;
        ExactFrom = 0;
    }

    /// <summary>Only first records of pages were read, and below the sequence the times are not in order: each mark below gets a time that no record before it is above.</summary>
    /// <param name="belowSequence">From here on they are.</param>
    /// <param name="timeMaxUs">Above none of all records.</param>
    public void BoundTimes(long belowSequence, long timeMaxUs)
    {
        ExactFrom = Last.Page + 1;
        for (int i = _count - 1; i >= 0; i--)
        {
            if (this[i].FirstSequence >= belowSequence)
            {
                ExactFrom = this[i].Page;
                timeMaxUs = this[i].TimeMaxUs;
            }
            else
            {
                Set(i, this[i] with { TimeMaxUs = timeMaxUs });
            }
        }
    }

    /// <summary>The first sequences of the marks whose times are not exact, and the first sequence of the one behind them; <see cref="long.MaxValue"/> when there is none.</summary>
    public long[] InexactSequences(out long exactSequence)
    {
        int count = 0;
        while (count < _count && this[count].Page < ExactFrom) count++;
        exactSequence = count < _count ? this[count].FirstSequence : long.MaxValue;
        return [.. Enumerable.Range(0, count).Select(i => this[i].FirstSequence)];
    }

    /// <summary>Takes the exact times of the marks that <see cref="InexactSequences"/> gave; of those some may be gone.</summary>
    public void SetTimes(long[] sequences, long[] timesMaxUs)
    {
        for (int i = 0; i < _count && this[i].Page < ExactFrom; i++)
        {
            int index = Array.BinarySearch(sequences, this[i].FirstSequence);
            if (index >= 0) Set(i, this[i] with { TimeMaxUs = timesMaxUs[index] });
        }

        ExactFrom = 0;
    }

    /// <summary>Forgets the marks that no search needs once all below the page is deleted.</summary>
    public void TrimBelow(long page)
    {
        while (_count > 1 && this[1].Page <= page)
        {
            _start = (_start + 1) & (_marks.Length - 1);
            _count--;
        }
    }

    /// <summary>The last mark that stands at or before the sequence, else the first.</summary>
    public PageMark Before(long sequence)
    {
        int low = 0, high = _count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (this[middle].FirstSequence <= sequence) low = middle;
            else high = middle - 1;
        }

        return this[low];
    }

    /// <summary>The last mark before which every record is older than the time; the first when there is none.</summary>
    public PageMark BeforeTime(long serverTimeUs)
    {
        int low = 0, high = _count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (this[middle].TimeMaxUs < serverTimeUs) low = middle;
            else high = middle - 1;
        }

        return this[low];
    }

    private void Set(int index, PageMark mark) => _marks[(_start + index) & (_marks.Length - 1)] = mark;

    private void Grow()
    {
        var larger = new PageMark[_marks.Length * 2];
        for (int i = 0; i < _count; i++) larger[i] = this[i];
        _marks = larger;
        _start = 0;
    }
}

/// <summary>What is known of a page.</summary>
/// <param name="Page">Its number in the log.</param>
/// <param name="FirstSequence">The first record that begins on it; when that was deleted before the start, the first that lives behind it.</param>
/// <param name="TimeMaxUs">No server time before that record, nor its own, is later; µs since 1970.</param>
internal readonly record struct PageMark(long Page, long FirstSequence, long TimeMaxUs);
