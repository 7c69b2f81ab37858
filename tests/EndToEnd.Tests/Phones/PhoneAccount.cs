using System.Globalization;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>Whom a phone is and how it reaches the platform.</summary>
/// <param name="User">User name; also what it authenticates as.</param>
/// <param name="Password">Its digest password.</param>
/// <param name="Transport">udp, tcp or tls.</param>
/// <param name="Server">Host and port of the platform for that transport.</param>
/// <param name="Registers">Whether it registers when it starts.</param>
/// <param name="CaFile">PEM file of the authority that TLS servers must be certified by.</param>
internal sealed record PhoneAccount(
    string User,
    string Password,
    string Transport,
    string Server,
    bool Registers = false,
    string? CaFile = null
)
{
    /// <summary>What its media may be; for baresip only.</summary>
    public PhoneMedia Media { get; init; } = new();

    /// <summary>The address that this phone calls a user of the platform by.</summary>
    public string UriOf(string user) => $"sip:{user}@{Server};transport={Transport}";
}

/// <summary>A phone's one codec and its encryption, in baresip's words.</summary>
/// <param name="Codec">Such as <c>opus/48000/2</c>.</param>
/// <param name="Module">The module that has the codec.</param>
/// <param name="Encryption">srtp, srtp-mand, dtls_srtp; empty for none.</param>
/// <param name="Ice">Whether it does ICE.</param>
/// <param name="Mux">Whether its RTCP shares the port of RTP.</param>
internal sealed record PhoneMedia(
    string Codec = "pcmu/8000/1",
    string Module = "g711",
    string Encryption = "",
    bool Ice = false,
    bool Mux = false
)
{
    /// <summary>baresip's microphone file must be as the codec is.</summary>
    public int SampleRateHz => int.Parse(Codec.Split('/')[1], CultureInfo.InvariantCulture);

    public int Channels => int.Parse(Codec.Split('/')[2], CultureInfo.InvariantCulture);
}

/// <summary>A phone that a test presses the keys of.</summary>
internal interface IPhone : IAsyncDisposable
{
    string Name { get; }

    Task CallAsync(string user);

    /// <summary>Waits for a call and takes it.</summary>
    Task AnswerAsync();

    /// <summary>Waits for the far end's hang-up.</summary>
    Task HungUpByPeerAsync();

    Task HoldAsync();

    Task ResumeAsync();

    Task HangUpAsync();

    /// <summary>Presses a key, told as RFC 4733 event in RTP.</summary>
    Task PressAsync(char key);

    /// <summary>Ends the phone; its recording of what it heard, 8 kHz.</summary>
    Task<string> RecordingAsync();
}
