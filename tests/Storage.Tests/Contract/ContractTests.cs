namespace Gateway.Storage.Tests.Contract;

/// <summary>The contract on the store on disk.</summary>
public class DiskContractTests : MessageLogContract
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "gateway-storage-tests", Guid.NewGuid().ToString("n"));
    private readonly ShiftedTime _time = new();
    private MessageStore? _store;
    private MortalFiles? _files;

    protected override long NowUs => _time.NowUs;

    private protected virtual MortalFiles MakeFiles() => new();

    /// <summary>The store is open.</summary>
    private protected virtual void Opened(MortalFiles files) { }

    protected override ValueTask<IMessageStore> OpenStoreAsync()
    {
        _files = MakeFiles();
        _store = new MessageStore(new StoreOptions
        {
            Folder = _folder,
            Time = _time,
            JournalPageBits = 20,
            JournalSegmentBits = 21,
            ChannelSegmentBits = 17,
            CheckpointIntervalSeconds = 1,
            ExpiryIntervalSeconds = 1,
            IdleCloseSeconds = 1,
            OpenFilesMax = 16,
        }, _files);
        Opened(_files);
        return new(_store);
    }

    protected override async ValueTask KillStoreAsync(IMessageStore store)
    {
        _files!.Die();
        await store.DisposeAsync();
    }

    protected override ValueTask AdvanceAsync(TimeSpan by)
    {
        _time.Advance(by);
        _store!.Expire();
        return default;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}

/// <summary>The contract on the store on a disk that refuses writes and syncs at random: appends end as unknown, journals and files are given up, and the promises hold.</summary>
public sealed class FaultyDiskContractTests : DiskContractTests
{
    private readonly int _seed = Environment.TickCount;
    private int _opened;

    private protected override MortalFiles MakeFiles() => new FlakyFiles(_seed + _opened++);

    private protected override void Opened(MortalFiles files) => ((FlakyFiles)files).IsFailing = true;

    public override ValueTask DisposeAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {_seed}");
        return base.DisposeAsync();
    }
}

/// <summary>The contract on the model: what the suite asks for is what the model does, in few lines.</summary>
public class ModelContractTests : MessageLogContract
{
    private readonly ShiftedTime _time = new();
    private InMemoryMessageStore? _store;

    protected override long NowUs => _time.NowUs;

    protected override ValueTask<IMessageStore> OpenStoreAsync()
    {
        _store = _store?.Reopen() ?? new InMemoryMessageStore();
        return new(_store);
    }

    protected override ValueTask KillStoreAsync(IMessageStore store) => store.DisposeAsync();

    protected override ValueTask AdvanceAsync(TimeSpan by)
    {
        _time.Advance(by);
        _store!.Expire(NowUs);
        return default;
    }
}

/// <summary>The contract on a model that is slow and says Unavailable at random, before it stored and after.</summary>
public sealed class UnreliableModelContractTests : ModelContractTests
{
    private readonly int _seed = Environment.TickCount;
    private int _opened;

    protected override async ValueTask<IMessageStore> OpenStoreAsync() => new UnreliableMessageStore(await base.OpenStoreAsync(), _seed + _opened++);

    public override ValueTask DisposeAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {_seed}");
        return base.DisposeAsync();
    }
}
