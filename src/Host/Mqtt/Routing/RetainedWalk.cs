namespace Gateway.Host.Mqtt.Routing;

/// <summary>Tells retained messages piece by piece, each as it is when it is read: what was told and what is to come is not held. One thread at a time.</summary>
internal abstract class RetainedWalk
{
    /// <summary>Adds the next messages: those of one item, or a bounded number.</summary>
    /// <param name="mayRead">Whether who asks may read part of an item of an account.</param>
    /// <param name="found">Takes them; there may be none, and more behind.</param>
    /// <returns>False at the end.</returns>
    internal abstract bool TryRead(Func<long, ItemRight, bool> mayRead, List<Publication> found);

    /// <summary>Goes back to one of the messages that were added last: the next read begins with it, as it is then.</summary>
    internal abstract void GoBack(Publication to);

    /// <summary>Several, one after the other.</summary>
    internal static RetainedWalk Join(IEnumerable<RetainedWalk> walks) => new Row(walks);

    private sealed class Row(IEnumerable<RetainedWalk> walks) : RetainedWalk
    {
        private readonly Queue<RetainedWalk> _walks = new(walks);

        internal override bool TryRead(Func<long, ItemRight, bool> mayRead, List<Publication> found)
        {
            while (_walks.TryPeek(out RetainedWalk? first))
            {
                if (first.TryRead(mayRead, found)) return true;
                _walks.Dequeue();
            }
            return false;
        }

        internal override void GoBack(Publication to) => _walks.Peek().GoBack(to);
    }
}
