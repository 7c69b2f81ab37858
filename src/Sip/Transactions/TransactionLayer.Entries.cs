using System.Text;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Transactions;

/// <summary>What the layer keeps of a transaction.</summary>
public sealed partial class TransactionLayer
{
    private abstract class Entry(SipTransactionId id, SipTransaction machine, SipDestination destination) : IDeadlined
    {
        public SipTransactionId Id { get; } = id;
        public SipTransaction Machine { get; } = machine;
        public SipDestination Destination { get; protected set; } = destination;
        public bool IsSilent { get; init; }
        public abstract ReadOnlyMemory<byte> LastSent { get; }
        int IDeadlined.QueueIndex { get; set; } = -1;
        TimeSpan IDeadlined.QueuedAt { get; set; }
    }

    private sealed class ServerEntry(
        SipTransactionId id,
        SipTransaction machine,
        SipRequest request,
        SipDestination destination
    ) : Entry(id, machine, destination)
    {
        private ReadOnlyMemory<byte> _lastResponse;

        /// <summary>Until the first response, which is all that is repeated: a transaction outlives it by half a minute.</summary>
        public SipRequest? Request { get; private set; } = Held(request);

        /// <summary>Responses go where the request came from, and not to a port that its Via names.</summary>
        public bool FollowsSource { get; init; }

        /// <summary>The request came again: a NAT on its way may have picked another port, and an answer to the old one would not arrive.</summary>
        public void Follow(SipFlow? flow)
        {
            if (FollowsSource && flow is not null)
            {
                Destination = flow.Remote;
            }
        }

        /// <summary>Null when copies of this request are of no concern (any more).</summary>
        public TransactionKey? MergeKey { get; set; }

        public ReadOnlyMemory<byte> LastResponse
        {
            get => _lastResponse;
            set
            {
                _lastResponse = value;
                ForgetRequest();
            }
        }

        public void ForgetRequest()
        {
            Request?.Release();
            Request = null;
        }

        private static SipRequest Held(SipRequest request)
        {
            request.Retain();
            return request;
        }

        public override ReadOnlyMemory<byte> LastSent => LastResponse;

        /// <summary>The To tag of what was answered so far, for the 200 of a CANCEL, which should have the same (§9.2).</summary>
        public string? ToTag =>
            SipPeek.TryRead(LastResponse.Span, out var peek) && !peek.ToTag.IsEmpty
                ? Encoding.UTF8.GetString(peek.ToTag)
                : null;
    }

    private sealed class ClientEntry(
        SipTransactionId id,
        SipTransaction machine,
        SipRequest request,
        ReadOnlyMemory<byte> bytes,
        SipDestination destination,
        bool reliable
    ) : Entry(id, machine, destination)
    {
        public SipRequest Request { get; } = request;
        public override ReadOnlyMemory<byte> LastSent => bytes;
        public ReadOnlyMemory<byte> Ack { get; set; }
        public bool Reliable { get; } = reliable;
        public bool CancelWanted { get; set; }
        public bool CancelSent { get; set; }
    }
}
