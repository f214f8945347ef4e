namespace Gateway.Host.Mqtt.Topics;

/// <summary>Takes topics apart without copies.</summary>
internal static class TopicLevels
{
    /// <summary>Whether a text can be the topic of a message: not empty, no wildcard, no NUL, not too deep.</summary>
    internal static bool IsTopic(ReadOnlySpan<char> topic) => topic.Length is > 0 and <= ushort.MaxValue && !topic.ContainsAny('+', '#', '\0') && topic.Count('/') < MqttLimits.TopicLevelsMax;

    /// <summary>Takes the first level off a topic.</summary>
    /// <returns>Whether there are more.</returns>
    internal static bool TryNext(ref ReadOnlySpan<char> topic, out ReadOnlySpan<char> level)
    {
        int slash = topic.IndexOf('/');
        level = slash < 0 ? topic : topic[..slash];
        topic = slash < 0 ? default : topic[(slash + 1)..];
        return slash >= 0;
    }
}
