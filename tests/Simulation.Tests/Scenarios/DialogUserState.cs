using System.Text.Json;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Simulation.Tests.Scenarios;

internal enum DialogVerb
{
    Call,
    Cancel,
    Info,
    Update,
    Reinvite,

    /// <summary>To another Contact, told with the next target refresh.</summary>
    Move,
    HangUp,
}

/// <summary>What a <see cref="DialogUser"/> is going to do.</summary>
internal sealed record DialogPlan(TimeSpan At, DialogVerb Verb);

/// <summary>Everything that a <see cref="DialogUser"/> must not forget: its snapshot, which goes through JSON as it would through a journal.</summary>
internal sealed record DialogUserState
{
    public List<DialogPlan> Plans { get; init; } = [];

    public string Peer { get; set; } = "";

    public string PeerDestination { get; set; } = "";

    public SipDialogState? Dialog { get; set; }

    /// <summary>The dialog is over, or never came to be.</summary>
    public bool IsOver { get; set; }

    public int Moves { get; set; }

    /// <summary>Own INVITE without final response.</summary>
    public string? InviteId { get; set; }

    public byte[]? Invite { get; set; }

    /// <summary>The peer's first INVITE, not answered yet.</summary>
    public string? IncomingId { get; set; }

    public byte[]? Incoming { get; set; }

    /// <summary>ACKs by CSeq number, to be sent again with each 2xx that comes again.</summary>
    public Dictionary<uint, SentAck> Acks { get; init; } = [];

    public OpenSuccess? Unacknowledged { get; set; }

    /// <summary>As soon as the ACK is there.</summary>
    public bool WantsHangUp { get; set; }

    public bool ByeSent { get; set; }

    public DialogUserState Copy() => JsonSerializer.Deserialize<DialogUserState>(JsonSerializer.Serialize(this))!;
}

internal sealed record SentAck(byte[] Message, string Destination);
