using System.Reflection;
using Xunit.Sdk;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>A row of a theory twice: with the processor's instructions, and with the base class library alone.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class CombineWithPathsAttribute(params object[] row) : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        [
            [.. row, true],
            [.. row, false],
        ];
}
