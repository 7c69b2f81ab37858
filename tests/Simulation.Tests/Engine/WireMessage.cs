namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>A message as it was put on the network, with what the checkers and the ladder want to know of it.</summary>
internal sealed class WireMessage
{
    public WireMessage(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        if (!SipParser.TryParse(bytes, out var message, out var error))
        {
            throw new InvalidOperationException($"A host sent what the parser refuses ({error.Reason}).");
        }
        Message = message;
        var cseq = message.CSeq;
        Method = cseq.Method;
        CSeqNumber = cseq.Number;
        Status = message is SipResponse response ? response.StatusCode : 0;
        Branch = message.TopVia.Branch ?? "";
        FromTag = message.From.Tag ?? "";
        ToTag = message.To.Tag ?? "";
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    public SipMessage Message { get; }

    /// <summary>Of CSeq: a response has that of its request.</summary>
    public string Method { get; }

    public uint CSeqNumber { get; }

    /// <summary>0 for a request.</summary>
    public int Status { get; }

    public string Branch { get; }

    public string FromTag { get; }

    public string ToTag { get; }

    public string CallId => Message.CallId;

    public bool IsRequest => Status == 0;

    public bool IsFinal => Status >= 200;

    public bool IsSuccess => Status is >= 200 and < 300;

    public bool IsFailure => Status >= 300;

    public override string ToString() =>
        IsRequest ? $"{Method} {CSeqNumber} {CallId}" : $"{Status} ({Method} {CSeqNumber} {CallId})";
}
