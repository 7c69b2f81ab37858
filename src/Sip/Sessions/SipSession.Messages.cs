namespace OCPlatform.Sip.Sessions;

/// <summary>Requests within the dialog by method, and what responses and requests of ours have in common.</summary>
public sealed partial class SipSession
{
    private const string DescriptionType = "application/sdp";

    private const string AllowWithoutRefer =
        "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, NOTIFY, SUBSCRIBE";

    private const string AllowWithRefer = AllowWithoutRefer + ", REFER";

    /// <summary>What a description may be, what INFO may carry, what NOTIFY of a referral does.</summary>
    private string Accept =>
        $"{string.Join(", ", _options.BodyTypes)}, {SipDigit.RelayType}, {SipDigit.PlainType}, {SipFragment.ContentType}";

    private string Allow => _options.AcceptReferrals ? AllowWithRefer : AllowWithoutRefer;

    private string Supported =>
        _options.ReliableProvisionals == SipReliableProvisionals.Never
            ? "timer, replaces, norefersub"
            : "timer, replaces, norefersub, 100rel";

    /// <summary>Methods and option tags are a word; what is longer is not kept, and not told back whole.</summary>
    private const int LongestToken = 32;

    private enum BodyKind
    {
        None,
        Description,
        Unacceptable,
    }

    /// <summary>INFO with a body (RFC 6086, legacy usage): <see cref="SipDigit.RelayType"/> and the like.</summary>
    public SipSessionResult SendInfo(string contentType, ReadOnlyMemory<byte> body, TimeSpan now)
    {
        if (_dialog is null || _phase == SipSessionPhase.Ended)
        {
            return SipSessionResult.NotInThisState;
        }
        if (!PeerAllows(SipMethod.Info))
        {
            return SipSessionResult.NotAllowedByPeer;
        }
        if (_requests.Count >= MaxOpenRequests)
        {
            return SipSessionResult.Pending;
        }
        var info = _dialog.CreateRequest(SipMethod.Info);
        info.SetBody(body, contentType);
        Send(RequestPurpose.Info, _dialog, info, now);
        return SipSessionResult.Done;
    }

    private void Dispatch(SipRequest request, string transaction, TimeSpan now)
    {
        if (DialogOf(request) is not { } dialog)
        {
            Respond(transaction, Refusal(request, SipStatus.CallDoesNotExist, "no such dialog"));
            return;
        }
        if (dialog.Dialog.OnRequest(request) == Dialogs.SipDialogCheck.OutOfOrder)
        {
            Respond(transaction, Refusal(request, SipStatus.ServerInternalError, "CSeq out of order"));
            return;
        }
        if (
            _phase == SipSessionPhase.Ended
            && request.Method is not (SipMethod.Bye or SipMethod.Notify or SipMethod.Subscribe)
        )
        {
            Respond(transaction, Refusal(request, SipStatus.CallDoesNotExist, "the session is over"));
            return;
        }
        if (request.Method != SipMethod.Bye && RefusalOfExtensions(request) is { } extensions)
        {
            Respond(transaction, extensions);
            return;
        }
        Learn(request);
        switch (request.Method)
        {
            case SipMethod.Bye:
                OnBye(dialog, request, transaction, now);
                break;
            case SipMethod.Invite:
                OnReinvite(request, transaction, now);
                break;
            case SipMethod.Update:
                OnUpdate(dialog, request, transaction, now);
                break;
            case SipMethod.Prack:
                OnPrack(request, transaction, now);
                break;
            case SipMethod.Info:
                OnInfo(request, transaction);
                break;
            case SipMethod.Options:
                Respond(transaction, Capabilities(request));
                break;
            case SipMethod.Message:
                OnMessage(request, transaction);
                break;
            case SipMethod.Refer when _options.AcceptReferrals:
                OnRefer(dialog, request, transaction, now);
                break;
            case SipMethod.Notify:
                OnNotify(request, transaction, now);
                break;
            case SipMethod.Subscribe:
                OnSubscribe(request, transaction, now);
                break;
            default:
                var known = request.Method is SipMethod.Refer or SipMethod.Register or SipMethod.Publish;
                var response = Refusal(
                    request,
                    known ? SipStatus.MethodNotAllowed : SipStatus.NotImplemented,
                    "not within a dialog"
                );
                response.Headers.Add(SipHeaderId.Allow, Allow);
                Respond(transaction, response);
                break;
        }
    }

    /// <summary>The dialog that a request of the peer belongs to: of several early ones, that with its tag.</summary>
    private SessionDialog? DialogOf(SipRequest request) =>
        _dialog?.Dialog.Matches(request) == true ? _dialog : _forks.Find(f => f.Dialog.Matches(request));

    private void OnInfo(SipRequest info, string transaction)
    {
        if (info.Headers.Contains("Info-Package"))
        {
            // No package is ours; the empty Recv-Info says so (RFC 6086 §4.2.2).
            var response = Refusal(info, SipStatus.BadInfoPackage, null);
            response.Headers.Add("Recv-Info", "");
            Respond(transaction, response);
            return;
        }
        if (info.Body.IsEmpty)
        {
            Respond(transaction, ResponseTo(info, SipStatus.Ok));
            return;
        }
        if (info.ContentType is not (SipDigit.RelayType or SipDigit.PlainType) || IsEncoded(info))
        {
            Respond(transaction, RefusalOfBody(info));
            return;
        }
        if (SipDigit.TryParse(info.ContentType, info.Body.Span) is not { } digit)
        {
            Respond(transaction, Refusal(info, SipStatus.BadRequest, "no key in the body"));
            return;
        }
        Respond(transaction, ResponseTo(info, SipStatus.Ok));
        Push(new SipSessionEvent.DigitReceived(digit));
    }

    private void OnMessage(SipRequest message, string transaction)
    {
        if (IsEncoded(message))
        {
            Respond(transaction, RefusalOfBody(message));
            return;
        }
        Respond(transaction, ResponseTo(message, SipStatus.Ok));
        Push(new SipSessionEvent.MessageReceived(message.ContentType ?? "text/plain", message.Body));
    }

    private SipResponse Capabilities(SipRequest options)
    {
        var response = ResponseTo(options, SipStatus.Ok);
        AddCapabilities(response);
        response.Headers.Add(SipHeaderId.Accept, Accept);
        return response;
    }

    private void AddCapabilities(SipMessage message) =>
        message.Headers.Set(SipHeaderId.Allow, Allow).Set(SipHeaderId.Supported, Supported);

    private void Respond(string transaction, SipResponse response) =>
        Push(new SipSessionAction.Respond(transaction, response));

    private SipResponse ResponseTo(SipRequest request, int status)
    {
        var response = SipResponse.Create(request, status, toTag: _localTag);
        if (_options.Product is { } product)
        {
            response.Headers.Add(SipHeaderId.Server, product);
        }
        return response;
    }

    /// <summary>A response that makes, confirms or refreshes the dialog: with Contact and what we can do (RFC 3261 §12.1.1).</summary>
    private SipResponse DialogResponse(SipRequest request, int status)
    {
        var response = ResponseTo(request, status);
        if (_dialog?.Dialog.State.LocalTarget is { } contact)
        {
            response.Headers.Add(SipHeaderId.Contact, $"<{contact}>");
        }
        AddCapabilities(response);
        return response;
    }

    /// <summary>A refusal that names its cause in a Warning (RFC 3261 §20.43).</summary>
    private SipResponse Refusal(SipRequest request, int status, string? cause)
    {
        var response = ResponseTo(request, status);
        if (cause is not null)
        {
            new SipWarning(SipWarning.Miscellaneous, WarningAgent, cause).AddTo(response);
        }
        return response;
    }

    private string WarningAgent =>
        _options.Product is { } product && product.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')
            ? product
            : "localhost";

    /// <summary>420 when the peer requires what we do not know (RFC 3261 §8.2.2.3).</summary>
    private SipResponse? RefusalOfExtensions(SipRequest request)
    {
        var supported = Supported.Split(", ");
        // Told back shortened: nobody's novel is echoed whole.
        var unknown = request
            .Require.Where(r => !supported.Contains(r, StringComparer.OrdinalIgnoreCase))
            .Take(16)
            .Select(r => r.Length <= LongestToken ? r : r[..LongestToken])
            .ToList();
        if (unknown.Count == 0)
        {
            return null;
        }
        var response = Refusal(request, SipStatus.BadExtension, null);
        response.Headers.Add(SipHeaderId.Unsupported, string.Join(", ", unknown));
        return response;
    }

    private SipResponse RefusalOfBody(SipRequest request)
    {
        var response = Refusal(request, SipStatus.UnsupportedMediaType, null);
        response.Headers.Add(SipHeaderId.Accept, Accept);
        if (IsEncoded(request))
        {
            response.Headers.Add(SipHeaderId.AcceptEncoding, "identity");
        }
        return response;
    }

    private BodyKind DescriptionOf(SipMessage message)
    {
        if (message.Body.IsEmpty)
        {
            return BodyKind.None;
        }
        var disposition = message.Headers[SipHeaderId.ContentDisposition];
        if (disposition?.TrimStart().StartsWith("session", StringComparison.OrdinalIgnoreCase) == false)
        {
            // A picture, an icon, early media of RFC 3959: not what the session is made of.
            return IsOptional(disposition) || IsDescription(message) ? BodyKind.None : BodyKind.Unacceptable;
        }
        return IsDescription(message) ? BodyKind.Description
            : IsOptional(disposition) ? BodyKind.None
            : BodyKind.Unacceptable;
    }

    /// <summary>The session description of a message that cannot be refused; empty when it has none that we understand.</summary>
    private ReadOnlyMemory<byte> DescriptionIn(SipMessage message) =>
        DescriptionOf(message) == BodyKind.Description ? message.Body : default;

    private bool IsDescription(SipMessage message) =>
        message.ContentType is { } type && _options.BodyTypes.Contains(type) && !IsEncoded(message);

    /// <summary>
    /// Leaves of a multipart body what the session is made of, when whoever sent it lets the other parts be passed over (RFC 5621 §3): ISUP of a gateway,
    /// a picture, a location.
    /// </summary>
    private static void Unwrap(SipMessage message)
    {
        if (
            message.ContentType?.StartsWith("multipart/", StringComparison.Ordinal) == true
            && SipBody.TryReadParts(message, out var parts)
            && SipBody.SessionDescriptionOf(message) is { } description
            && (
                message.ContentType == "multipart/alternative"
                || parts.All(part => part.IsOptional || part.ContentType == DescriptionType)
            )
        )
        {
            message.SetBody(description, DescriptionType);
        }
    }

    private static bool IsOptional(string? disposition) =>
        disposition?.Contains("handling=optional", StringComparison.OrdinalIgnoreCase) == true;

    private static bool IsEncoded(SipMessage message) =>
        message.Headers[SipHeaderId.ContentEncoding] is { } encoding
        && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase);

    private static bool Names(SipMessage message, SipHeaderId header, string token) =>
        message.Headers.HasToken(header, token);

    /// <summary>Takes note of what the peer can do; a message that does not say changes nothing.</summary>
    private void Learn(SipMessage message)
    {
        const int most = 32;
        if (message.Headers.Contains(SipHeaderId.Allow))
        {
            _remoteAllow = [.. message.Allow.Where(m => m.Length <= LongestToken).Take(most)];
        }
        if (message.Headers.Contains(SipHeaderId.Supported))
        {
            _remoteSupported = [.. message.Supported.Where(t => t.Length <= LongestToken).Take(most)];
        }
    }
}
