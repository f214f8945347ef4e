using System.Net;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Commands;

namespace Gateway.Host.Listeners;

/// <summary>One device as the channel sees it: a TCP connection, or a UDP peer that is remembered for a while.</summary>
public abstract class DeviceConnection
{
    private static long s_lastId = DateTimeOffset.UtcNow.ToUnixTimeUs();     // so that numbers are not met again after a restart

    private const string ModelVariable = "device.model";

    private int _closeCode;
    private Device? _device;
    private string? _model;

    internal DeviceConnection(Channel channel, EndPoint remote, Transport transport)
    {
        Channel = channel;
        Transport = transport;
        Source = remote.ToString() ?? "";
        PeerAscii = System.Text.Encoding.ASCII.GetBytes(Source);
        Id = Interlocked.Increment(ref s_lastId);
        EstablishedUs = channel.NowUs;
        Codec = channel.Codec;
        Session = Codec.CreateSession();
        Session.Transport = transport;
        channel.Settings.Apply(Session);
        Traffic = new TrafficTap(this);
        Touch();
    }

    /// <summary>Number of the connection, unique in this gateway, below 2^53.</summary>
    public long Id { get; }

    /// <summary>The channel it came to.</summary>
    public Channel Channel { get; }

    /// <summary>How the bytes arrive.</summary>
    public Transport Transport { get; }

    /// <summary><c>ip:port</c> of the device.</summary>
    public string Source { get; }

    /// <summary>When it was accepted, µs since 1970.</summary>
    public long EstablishedUs { get; }

    /// <summary>What the device calls itself; null until it said so.</summary>
    public string? Ident { get; private set; }

    /// <summary>Bytes received.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Bytes sent.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>Messages stored.</summary>
    public long Messages { get; internal set; }

    /// <summary>Why it ends or ended; <see cref="CloseCode.Open"/> while it lives.</summary>
    public CloseCode CloseCode => (CloseCode)Volatile.Read(ref _closeCode);

    /// <summary>The registered device that it is of; null when there is none. Any thread.</summary>
    internal Device? Device
    {
        get => Volatile.Read(ref _device);
        set => Volatile.Write(ref _device, value);
    }

    /// <summary>Looks for the answer to the command that was sent last; null when none is awaited. Only for the thread that decodes.</summary>
    internal AwaitedAnswer? Awaited { get; set; }

    /// <summary>Held while <see cref="Device"/> is looked up and set.</summary>
    internal Lock LinkGate { get; } = new();

    /// <summary>Whether it has told more than one ident: several devices send through it.</summary>
    internal bool IsShared { get; private set; }

    /// <summary>The codec that the connection uses: the channel's, or the one before it until the next bytes come.</summary>
    internal Codec Codec { get; private set; }

    /// <summary>What <see cref="Codec"/> remembers of it.</summary>
    internal Session Session { get; private set; }

    /// <summary><see cref="Source"/> as bytes, for the messages.</summary>
    internal byte[] PeerAscii { get; }

    /// <summary>Notes its bytes.</summary>
    internal TrafficTap Traffic { get; }

    /// <summary>The <see cref="Session.IdentVersion"/> for which the ident was claimed.</summary>
    internal int IdentVersionClaimed { get; set; }

    /// <summary>Frames decoded; 0 means that the peer has not shown yet that it speaks the protocol.</summary>
    internal long FramesDecoded { get; set; }

    /// <summary>Frames that matched no message of the spec, in a row.</summary>
    internal int UnknownInRow { get; set; }

    /// <summary>Session counters at the last look, so that only what is new is added to the channel's.</summary>
    internal long ChecksumErrorsSeen { get; set; }

    /// <inheritdoc cref="ChecksumErrorsSeen"/>
    internal long DroppedValuesSeen { get; set; }

    /// <summary>When the last byte came or went, in units of the channel's clock.</summary>
    internal long LastActive { get; private set; }

    /// <summary>The same, µs since 1970.</summary>
    internal long LastActiveUs => Channel.NowUs - (long)Channel.Clock.GetElapsedTime(LastActive).TotalMicroseconds;

    /// <summary>Ends the connection for a reason; the first reason stays. Returns at once.</summary>
    /// <returns>False when it was ending already.</returns>
    public bool Close(CloseCode code)
    {
        if (!TrySetCloseCode(code)) return false;
        Interrupt();
        return true;
    }

    internal bool TrySetCloseCode(CloseCode code) => Interlocked.CompareExchange(ref _closeCode, (int)code, (int)CloseCode.Open) == (int)CloseCode.Open;

    /// <summary>Notes the ident that was claimed.</summary>
    internal void TakeIdent(string ident)
    {
        IsShared |= Ident is not null && Ident != ident;
        Ident = ident;
    }

    /// <summary>Ends what ties it to its device.</summary>
    internal void Unlink()
    {
        lock (LinkGate)
        {
            Device?.Remove(this);
            Device = null;
        }
    }

    internal void Touch() => LastActive = Channel.Clock.GetTimestamp();

    /// <summary>Goes on with the channel's codec when that was replaced. Only for the thread that decodes, between two frames: bytes that wait are cut by the new one.</summary>
    internal void FollowCodec()
    {
        Codec current = Channel.Codec;
        if (!ReferenceEquals(current, Codec)) TakeUp(current);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private void TakeUp(Codec codec)
    {
        Session next = codec.CreateSession();
        Channel.Settings.Apply(next);
        SessionTransfer.Carry(Session, next);
        // An ident that was claimed stays claimed; one that was not yet is claimed with the next good frame.
        bool isClaimed = IdentVersionClaimed == Session.IdentVersion;
        IdentVersionClaimed = isClaimed || next.Ident.IsEmpty ? next.IdentVersion : -1;
        ChecksumErrorsSeen = DroppedValuesSeen = 0;
        (Codec, Session) = (codec, next);
        _model = null;
    }

    /// <summary>Tells the codec the model of the registered device, as its type names it. Only for the thread that decodes, between two frames.</summary>
    internal void FollowDevice()
    {
        string? model = Device?.Model;
        if (!ReferenceEquals(model, _model)) TakeUp(model);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private void TakeUp(string? model)
    {
        _model = model;
        Session.TrySetVariable(ModelVariable, model ?? "");
        if (model is null) Channel.Settings.Apply(Session);        // the channel may name a model for all of its devices
    }

    /// <summary>Has the pump look for commands, if it can write when it likes. Any thread; returns at once.</summary>
    internal virtual void Wake()
    {
    }

    /// <summary>Bounds for how long sent bytes may be on their way to the device: what is left of them then never reaches it, since the connection ends.</summary>
    /// <param name="limit">Zero for the system's own bound.</param>
    internal virtual void LimitDelivery(TimeSpan limit)
    {
    }

    /// <summary>Tells of the answer to a command, if one came; once what came with it is stored. Only for the thread that decodes.</summary>
    internal void TellAnswer()
    {
        if (Awaited is not { IsAnswered: true } answered) return;
        Awaited = null;
        LimitDelivery(TimeSpan.Zero);
        answered.Tell();
    }

    /// <summary>Completes when nothing of the connection runs any more.</summary>
    internal abstract Task Completion { get; }

    /// <summary>Looks whether the connection must end: silent too long, or gone while nobody read from it.</summary>
    internal abstract void Sweep(TimeSpan idleTimeout);

    /// <summary>Makes whatever waits on the connection notice <see cref="CloseCode"/>.</summary>
    protected abstract void Interrupt();

    /// <summary>Whether the last byte is longer ago than this.</summary>
    protected bool IsSilentFor(TimeSpan time) => Channel.Clock.GetElapsedTime(LastActive) > time;
}
