using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Sip;

/// <summary>A phone or browser that registers here and calls with a name and a password of its own.</summary>
public sealed class SipUserOptions
{
    /// <summary>User part of its address and user name of its digest credentials.</summary>
    public string Name { get; set; } = "";

    /// <summary>Password of its digest credentials. Secret: prefer the environment.</summary>
    [DataType(DataType.Password)]
    public string Password { get; set; } = "";

    /// <summary>Shown to those it calls; empty: what the phone says.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>Whether it may place calls; without it, it can register and be called.</summary>
    public bool MayCall { get; set; } = true;
}
