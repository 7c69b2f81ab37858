import { useState } from 'react';
import type { SipStatus } from '../calls/api';
import { usePolled } from '../ui/usePolled';
import { dialAddress } from './address';

const everyMs = 5_000;
const copiedForMs = 1_500;

export function DialPanel({ apiKey }: { apiKey: string | null }) {
  const { data: status, fault, keyNeeded } = usePolled<SipStatus>('/sip/status', everyMs, apiKey);
  return (
    <section className="panel dial" aria-labelledby="dial-title">
      <header className="panel-head">
        <h2 id="dial-title">Dial in</h2>
        {status && (
          <span className="muted figure">
            {status.liveCalls} of {status.maxCalls} lines
          </span>
        )}
      </header>
      {status ? (
        <HowTo status={status} />
      ) : (
        fault !== null && <p className="empty">{keyNeeded ? 'Shown once the API key is entered.' : fault}</p>
      )}
    </section>
  );
}

function HowTo({ status }: { status: SipStatus }) {
  if (!status.bound || status.local === undefined) {
    return (
      <p className="notice" role="status">
        SIP is not received at the moment. The platform keeps trying; <code>./ocp doctor</code> says why.
      </p>
    );
  }
  const address = dialAddress(status.local, window.location.hostname);
  return (
    <>
      <p>Call this address from any SIP phone. No registration is needed.</p>
      <Copyable text={address} />
      <p className="muted">From a terminal, with Debian’s baresip:</p>
      <Copyable text={`baresip -e "/dial ${address}"`} />
      {status.trunks.length > 0 && (
        <p className="muted">Only callers of these trunks are let in: {status.trunks.join(', ')}.</p>
      )}
    </>
  );
}

function Copyable({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => {
      setCopied(false);
    }, copiedForMs);
  };
  return (
    <p className="copyable">
      <code>{text}</code>
      {/* The clipboard is only there on pages from localhost or with TLS. */}
      {window.isSecureContext && (
        <button type="button" className="quiet" onClick={() => void copy()} aria-live="polite">
          {copied ? 'Copied' : 'Copy'}
        </button>
      )}
    </p>
  );
}
