using Gateway.Host.Expressions;

namespace Gateway.Host.Api;

/// <summary>Reads the <c>filter</c> of requests for messages, logs and packets.</summary>
internal static class FilterText
{
    /// <summary>Compiles a filter; null for an empty one.</summary>
    /// <param name="text">As it came.</param>
    /// <exception cref="ApiProblem">It is no expression.</exception>
    internal static Expression? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        return Expression.TryCompile(text, ExpressionOptions.Filter, out Expression? expression, out ExpressionError error) ? expression : throw ApiProblem.BadExpression("filter", error);
    }
}
