using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Expressions;

namespace Gateway.Host.Api;

/// <summary>A compiled condition on items of the API; writes no more of an item than the fields that the condition names. Not for several threads at once.</summary>
internal sealed class ItemCondition<T> : IDisposable
{
    private readonly ExpressionRun _run;
    private readonly JsonSubject _json = new();
    private readonly ItemField<T>[] _fields;
    private readonly Range[] _ranges;
    private readonly (int Field, byte[] Path)[] _names;

    /// <summary>A condition.</summary>
    /// <param name="expression">The condition.</param>
    /// <param name="clock">What time it is.</param>
    /// <param name="names">For each name of the expression its field, and the path within it.</param>
    internal ItemCondition(Expression expression, TimeProvider clock, IReadOnlyList<(ItemField<T> Field, string Path)> names)
    {
        _run = new ExpressionRun(expression, clock);
        _fields = [.. names.Select(name => name.Field).Distinct()];
        _ranges = new Range[_fields.Length];
        _names = [.. names.Select(name => (Array.IndexOf(_fields, name.Field), Encoding.UTF8.GetBytes(name.Path)))];
    }

    /// <summary>Whether an item meets the condition.</summary>
    internal bool IsMet(T item)
    {
        _json.Clear();
        for (int i = 0; i < _fields.Length; i++) _ranges[i] = _json.Add(_fields[i].Write, item);
        Span<StoredValue> values = _run.Values;
        for (int i = 0; i < _names.Length; i++) values[i] = _json.Find(_ranges[_names[i].Field], _names[i].Path);
        return _run.IsTrue(_json.Bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();
}
