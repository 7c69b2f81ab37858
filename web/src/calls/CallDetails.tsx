import { useEffect, useRef, type ReactNode } from 'react';
import { caller, dayAndTime, elapsed, timeOfDay, words } from '../ui/format';
import { usePolled } from '../ui/usePolled';
import type { CallRecord } from './api';

const everyMs = 1_000;

/** One call in full: facts, what was said, and the SIP ladder. A native dialog keeps focus and Escape right. */
export function CallDetails({
  id,
  apiKey,
  onClose,
}: {
  id: string;
  apiKey: string | null;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { data: call, fault } = usePolled<CallRecord>(
    `/api/calls/${encodeURIComponent(id)}`,
    everyMs,
    apiKey,
  );

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby="call-title"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) {
          dialog.current.close();
        }
      }}
    >
      <div className="sheet-body">
        <header className="panel-head">
          <h2 id="call-title">{call ? caller(call.from) : 'Call'}</h2>
          <button
            type="button"
            className="quiet"
            onClick={() => {
              dialog.current?.close();
            }}
          >
            Close
          </button>
        </header>
        {fault !== null && <p className="notice">{fault}</p>}
        {call && (
          <>
            <Facts call={call} />
            <h3>What was said</h3>
            <Transcript call={call} />
            <h3>SIP</h3>
            <Ladder call={call} />
          </>
        )}
      </div>
    </dialog>
  );
}

function Facts({ call }: { call: CallRecord }) {
  const { quality, endCause } = call;
  return (
    <dl className="facts">
      <Fact name="State">{words(call.state)}</Fact>
      <Fact name="Received">{dayAndTime(call.receivedAt)}</Fact>
      {endCause && (
        <Fact name="Ended">
          {words(endCause.reason)}, by {endCause.by}
          {endCause.sipStatus !== undefined && ` (${endCause.sipStatus})`}
          {endCause.detail !== undefined && <span className="muted"> {endCause.detail}</span>}
        </Fact>
      )}
      <Fact name="From">{call.from}</Fact>
      <Fact name="To">{call.to}</Fact>
      <Fact name="Trunk">{call.trunk || '–'}</Fact>
      <Fact name="Node">{call.node || '–'}</Fact>
      <Fact name="Codec">{call.codec?.toUpperCase() ?? '–'}</Fact>
      <Fact name="Encryption">{call.encryption ?? 'none'}</Fact>
      {quality && (
        <>
          <Fact name="Packets">
            {quality.packetsReceived} in, {quality.packetsSent} out
          </Fact>
          <Fact name="Lost, late">
            {quality.packetsLost}, {quality.packetsLate}
          </Fact>
          <Fact name="Jitter">{quality.jitterMs.toFixed(1)} ms</Fact>
        </>
      )}
      {call.digits !== '' && <Fact name="Keys">{call.digits}</Fact>}
      <Fact name="Id">
        <code>{call.id}</code>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Transcript({ call }: { call: CallRecord }) {
  if (call.turns.length === 0) {
    return <p className="empty">Nothing yet.</p>;
  }
  return (
    <ol className="transcript">
      {call.turns.map((turn, index) => (
        <li key={index} className={turn.speaker}>
          <p className="muted">
            {turn.speaker === 'agent' ? 'Agent' : 'Caller'} · <time>{timeOfDay(turn.startedAt)}</time>
            {turn.latencyMs !== undefined && <span className="figure"> · after {turn.latencyMs} ms</span>}
            {turn.interrupted && ' · interrupted'}
          </p>
          <p>{turn.text}</p>
        </li>
      ))}
    </ol>
  );
}

function Ladder({ call }: { call: CallRecord }) {
  if (call.ladder.length === 0) {
    return <p className="empty">No messages kept.</p>;
  }
  const first = Date.parse(call.ladder[0]?.at ?? call.receivedAt);
  return (
    <div className="ladder" role="table" aria-label="SIP messages">
      <div className="ladder-ends" aria-hidden="true">
        <span>{caller(call.from)}</span>
        <span>Platform</span>
      </div>
      {call.ladder.map((rung, index) => (
        <div key={index} role="row" className="rung" data-incoming={rung.incoming}>
          <time role="cell" className="rung-time muted" dateTime={rung.at} title={timeOfDay(rung.at)}>
            {elapsed(Date.parse(rung.at) - first)}
          </time>
          <span role="cell" className="rung-arrow">
            <span className="sr-only">{rung.incoming ? 'received' : 'sent'}</span>
            <span className="rung-text" title={`${rung.startLine} (CSeq ${rung.cSeq})`}>
              {shortOf(rung.startLine)}
            </span>
          </span>
        </div>
      ))}
    </div>
  );
}

/** "INVITE sip:… SIP/2.0" → "INVITE"; "SIP/2.0 200 OK" → "200 OK". */
const shortOf = (startLine: string): string =>
  startLine.startsWith('SIP/2.0 ')
    ? startLine.slice('SIP/2.0 '.length)
    : (startLine.split(' ')[0] ?? startLine);
