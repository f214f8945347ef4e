// The compiler looks for this type when a netstandard2.0 assembly uses init-only properties and records.
namespace System.Runtime.CompilerServices;
internal static class IsExternalInit
{
}
