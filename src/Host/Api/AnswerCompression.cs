using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Gateway.Host.Api;

/// <summary>Compresses answers with br or gzip, whichever the client's <c>Accept-Encoding</c> prefers by its q values; br when it does not care. Long answers are compressed as they are sent.</summary>
/// <remarks>The framework's own choice stops at a <c>*</c>, and so takes what the client has excluded or likes less.</remarks>
internal sealed class AnswerCompression(IServiceProvider services, IOptions<ResponseCompressionOptions> options) : ResponseCompressionProvider(services, options)
{
    /// <summary>A shorter answer is sent as it is: it fits into one packet anyway.</summary>
    internal const int BytesMin = 1_024;

    // The fastest levels: messages repeat their names, which every level finds.
    private readonly BrotliCompressionProvider _brotli = new BrotliCompressionProvider(Options.Create(new BrotliCompressionProviderOptions { Level = CompressionLevel.Fastest }));
    private readonly GzipCompressionProvider _gzip = new GzipCompressionProvider(Options.Create(new GzipCompressionProviderOptions { Level = CompressionLevel.Fastest }));

    /// <summary>Adds what <see cref="ResponseCompressionBuilderExtensions.UseResponseCompression"/> needs.</summary>
    internal static void AddTo(IServiceCollection services)
    {
        services.TryAddSingleton<IResponseCompressionProvider, AnswerCompression>();
        services.AddResponseCompression();
    }

    /// <inheritdoc />
    public override bool ShouldCompressResponse(HttpContext context) => context.Response.ContentLength is null or >= BytesMin && base.ShouldCompressResponse(context);

    /// <inheritdoc />
    public override ICompressionProvider? GetCompressionProvider(HttpContext context)
    {
        if (!StringWithQualityHeaderValue.TryParseList(context.Request.Headers.AcceptEncoding, out IList<StringWithQualityHeaderValue>? accepted)) return null;
        double brotli = QualityOf(accepted, _brotli.EncodingName) ?? QualityOf(accepted, "*") ?? 0;
        double gzip = QualityOf(accepted, _gzip.EncodingName) ?? QualityOf(accepted, "*") ?? 0;
        double plain = QualityOf(accepted, "identity") ?? 0;
        double best = Math.Max(brotli, gzip);
        if (best <= 0 || plain > best) return null;
        return gzip > brotli ? _gzip : _brotli;
    }

    private static double? QualityOf(IList<StringWithQualityHeaderValue> accepted, string encoding)
    {
        foreach (StringWithQualityHeaderValue one in accepted)
            if (one.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase)) return one.Quality ?? 1;
        return null;
    }
}
