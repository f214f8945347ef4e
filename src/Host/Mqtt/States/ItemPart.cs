using System.Globalization;

namespace Gateway.Host.Mqtt.States;

/// <summary>What is told of an item below its topic besides its properties: <c>{item}/{name}/{entry}</c>.</summary>
/// <typeparam name="T">The item.</typeparam>
internal abstract class ItemPart<T>(string name) where T : class
{
    /// <summary>The level of the topic, which is also what access lists call it.</summary>
    internal string Name => name;

    /// <summary>All of it: entry, payload, time (µs since 1970).</summary>
    internal abstract IEnumerable<StateEntry> All(T item, long nowUs);

    /// <summary>Whether it has noted changes by itself: they are asked for also while nobody listens, or who begins to would be told again what it found.</summary>
    internal virtual bool HasNoted(T item) => false;

    /// <summary>What changed since the last call.</summary>
    /// <param name="item">The item.</param>
    /// <param name="told">The entries that were told, with hashes of their payloads.</param>
    /// <param name="isWanted">Whether anybody listens; what is not told then is found by who subscribes.</param>
    /// <param name="nowUs">µs since 1970.</param>
    /// <returns>Entries; those that are gone with an empty payload.</returns>
    internal abstract IReadOnlyList<StateEntry> Changes(T item, Dictionary<long, ulong> told, Func<bool> isWanted, long nowUs);

    /// <summary>Entries that have to be cleared when the item is gone.</summary>
    internal virtual IEnumerable<string> Names(T item, Dictionary<long, ulong> told) => told.Keys.Select(static id => id.ToString(CultureInfo.InvariantCulture));
}

/// <summary>One retained topic below an item.</summary>
/// <param name="Name">Its last level.</param>
/// <param name="Payload">JSON; empty when it is gone.</param>
/// <param name="TimeUs">Since when, µs since 1970.</param>
internal readonly record struct StateEntry(string Name, byte[] Payload, long TimeUs);
