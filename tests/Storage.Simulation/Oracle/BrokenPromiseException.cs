namespace Gateway.Storage.Simulation;

/// <summary>The store broke a promise.</summary>
public sealed class BrokenPromiseException : Exception
{
    public BrokenPromiseException() { }

    public BrokenPromiseException(string message) : base(message) { }

    public BrokenPromiseException(string message, Exception innerException) : base(message, innerException) { }
}
