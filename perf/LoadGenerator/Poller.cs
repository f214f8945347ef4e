using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Gateway.Perf.Load;

/// <summary>Waits for many sockets from one thread with <c>poll(2)</c>: the generator has one core and must not spend it on schedulers.</summary>
internal static partial class Poller
{
    /// <summary>Bytes can be read, or the peer closed.</summary>
    public const short Readable = 1;
    /// <summary>Bytes can be written.</summary>
    public const short Writable = 4;

    private const int Interrupted = 4;

    /// <summary>One socket: what is waited for, and what happened. The layout is the system's.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Entry
    {
        /// <summary>The socket's handle.</summary>
        public int Handle;
        /// <summary><see cref="Readable"/>, <see cref="Writable"/> or both.</summary>
        public short Wanted;
        /// <summary>What happened, errors included.</summary>
        public short Happened;
    }

    /// <summary>Waits until something happens on one of the sockets.</summary>
    /// <param name="entries">The sockets.</param>
    /// <param name="timeoutMs">0 or more.</param>
    /// <returns>On how many sockets something happened, 0 after the time.</returns>
    /// <exception cref="Win32Exception">The system refused.</exception>
    public static int Wait(Span<Entry> entries, int timeoutMs)
    {
        int ready = Poll(ref MemoryMarshal.GetReference(entries), (nuint)entries.Length, timeoutMs);
        if (ready >= 0) return ready;
        int error = Marshal.GetLastPInvokeError();
        return error == Interrupted ? 0 : throw new Win32Exception(error);
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Entry entries, nuint count, int timeoutMs);
}
