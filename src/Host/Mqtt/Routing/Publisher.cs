using System.Collections.Concurrent;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>Publishes with batches of its own, for whoever has none.</summary>
internal sealed class Publisher(Router router) : IMqttPublisher
{
    private readonly ConcurrentBag<DeliveryBatch> _batches = [];

    /// <inheritdoc/>
    public ValueTask PublishAsync(Publication publication) => DeliverAsync((batch, durable) => router.Route(publication, batch, durable));

    /// <summary>Delivers; ends when sessions that outlive their connections have it on disk.</summary>
    /// <param name="deliver">Does it, with a batch and a list of what is to be waited for.</param>
    /// <exception cref="IOException">The disk does not take what waits for such a session.</exception>
    internal async ValueTask DeliverAsync(Action<DeliveryBatch, List<Task>> deliver)
    {
        if (!_batches.TryTake(out DeliveryBatch? batch)) batch = new DeliveryBatch();
        var durable = new List<Task>();
        deliver(batch, durable);
        batch.Complete();
        _batches.Add(batch);
        if (durable.Count > 0) await Task.WhenAll(durable).ConfigureAwait(false);
    }
}
