using Gateway.Storage;

namespace Gateway.Host.Channels;

/// <summary>Lends pages to whoever reads from buffers for a while, so that readers that wait own none.</summary>
internal static class MessagePages
{
    private const int CountMax = 16;

    private static readonly Lock s_gate = new();
    private static readonly Stack<MessagePage> s_free = new();

    /// <summary>An empty page.</summary>
    internal static MessagePage Rent()
    {
        lock (s_gate) return s_free.TryPop(out MessagePage? page) ? page : new MessagePage();
    }

    /// <summary>Gives a page back; nobody may hold on to it.</summary>
    internal static void Return(MessagePage page)
    {
        page.Clear();
        lock (s_gate)
        {
            if (s_free.Count < CountMax) s_free.Push(page);
        }
    }
}
