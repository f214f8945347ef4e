using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>Answers with records of rings, and tells what a ring could not give.</summary>
internal static class RecordAnswer
{
    /// <summary>How long a request waits until what came before it is written.</summary>
    internal static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Writes the records of items, one item after the other, those of an item by their times.</summary>
    /// <param name="call">The request.</param>
    /// <param name="query">Which records.</param>
    /// <param name="shape">How they look.</param>
    /// <param name="items">The items; without any, the errors of the request are the answer.</param>
    /// <param name="idOf">Number of an item, for errors and warnings.</param>
    /// <param name="read">Begins to read the rings of an item.</param>
    /// <param name="afterwards">Done before the answer ends.</param>
    internal static async Task WriteAsync<T>(
        ApiCall call, MessageQuery query, IRecordShape shape, IReadOnlyList<T> items, Func<T, long> idOf, Func<T, RingQuery, IReadOnlyList<RingReader>> read, Action? afterwards = null)
    {
        if (items.Count == 0)
        {
            await call.WriteAsync(items, static (_, _) => { });
            return;
        }

        await FlushAsync(call);
        call.Begin();
        using var stream = new RecordStream(call.Http.Response.BodyWriter, query, shape);
        var wanted = new RingQuery { FromUs = query.FromUs, ToUs = query.ToUs, IsReverse = query.IsReverse, HasNotes = shape.ShowsNotes };
        foreach (T item in items)
        {
            IReadOnlyList<RingReader> readers = read(item, wanted);
            await StorageFault.GuardAsync(call, idOf(item), () => readers is [var only] ? stream.WriteAsync(only, call.Aborted) : stream.WriteMergedAsync(readers, call.Aborted));
            foreach (RingReader reader in readers) Warn(call, idOf(item), reader);
        }

        afterwards?.Invoke();
        await stream.EndAsync(call);
    }

    /// <summary>Lets a request see what came before it: rings are written a little later than it happens.</summary>
    internal static async Task FlushAsync(ApiCall call)
    {
        try
        {
            await call.Service<RingStore>().FlushAsync().WaitAsync(FlushTimeout, call.Aborted);
        }
        catch (TimeoutException)
        {
            call.Warnings.Add(new ApiWarning("The disk is slow: what came last is missing here.", null));
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            // The gateway stops; what is written can still be read.
        }
    }

    /// <summary>Tells what a ring could not give.</summary>
    internal static void Warn(ApiCall call, long id, RingReader reader)
    {
        if (reader.Dropped > 0) call.Warnings.Add(new ApiWarning($"{reader.Dropped} records were dropped when they came, since the disk was too slow or refused them.", id));
        foreach (RingGap gap in reader.Gaps.Take(ApiWarning.GapsMax))
            call.Warnings.Add(new ApiWarning($"{Path.GetFileName(gap.File)}: {gap.Bytes} bytes at {gap.Offset} can't be read: {gap.Reason}.", id));
        if (reader.GapCount > ApiWarning.GapsMax) call.Warnings.Add(new ApiWarning($"{reader.GapCount - ApiWarning.GapsMax} more places can't be read.", id));
    }
}
