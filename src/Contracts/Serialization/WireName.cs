namespace OCPlatform.Contracts.Serialization;

/// <summary>Anything that crosses a node boundary or lies in the journal.</summary>
public interface IWireMessage;

/// <summary>
/// The short constant that names the type in the journal and between nodes: "area/what/version". It never changes; a
/// change of shape that old readers cannot bear gets a new type and the next version number.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WireNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
