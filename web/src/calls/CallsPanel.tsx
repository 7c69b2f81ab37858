import { useState } from 'react';
import { caller, dayAndTime, duration, words } from '../ui/format';
import { CallDetails } from './CallDetails';
import { KeyForm } from './KeyForm';
import type { CallRecord } from './api';
import type { Calls } from './useCalls';

export function CallsPanel({ calls }: { calls: Calls }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const all = calls.data ?? [];
  const live = all.filter((call) => call.state !== 'ended');
  const past = all.filter((call) => call.state === 'ended');
  return (
    <section className="panel calls" aria-labelledby="calls-title">
      <header className="panel-head">
        <h2 id="calls-title">Calls</h2>
        {calls.data && (
          <span className="muted">{live.length === 0 ? 'none live' : `${live.length} live`}</span>
        )}
      </header>
      {calls.keyNeeded ? (
        <KeyForm reason={calls.fault ?? ''} onKey={calls.setApiKey} />
      ) : (
        calls.fault !== null && (
          <p className="notice" role="status">
            {calls.fault}
          </p>
        )
      )}
      {calls.data && all.length === 0 && (
        <p className="empty">Nobody has called yet. The first call shows up here by itself.</p>
      )}
      <CallList calls={live} label="Live calls" onChoose={setChosen} />
      {past.length > 0 && <h3>Earlier</h3>}
      <CallList calls={past} label="Earlier calls" onChoose={setChosen} />
      {chosen !== null && (
        <CallDetails
          key={chosen}
          id={chosen}
          apiKey={calls.apiKey}
          onClose={() => {
            setChosen(null);
          }}
        />
      )}
    </section>
  );
}

interface CallListProps {
  calls: CallRecord[];
  label: string;
  onChoose: (id: string) => void;
}

function CallList({ calls, label, onChoose }: CallListProps) {
  return calls.length === 0 ? null : (
    <ul className="call-list" aria-label={label}>
      {calls.map((call) => (
        <li key={call.id}>
          <CallRow call={call} onChoose={onChoose} />
        </li>
      ))}
    </ul>
  );
}

function CallRow({ call, onChoose }: { call: CallRecord; onChoose: (id: string) => void }) {
  const last = call.turns.at(-1);
  return (
    <button
      type="button"
      className="call"
      data-call={call.id}
      onClick={() => {
        onChoose(call.id);
      }}
    >
      <span className="call-line">
        <span className="dot" data-tone={toneOf(call)} aria-hidden="true" />
        <strong>{caller(call.from)}</strong>
        <span className="muted">
          {call.onHold ? 'on hold' : call.state === 'ended' ? endOf(call) : words(call.state)}
        </span>
        <time className="figure" dateTime={call.receivedAt} title={dayAndTime(call.receivedAt)}>
          {duration(secondsOf(call))}
        </time>
      </span>
      {last && (
        <span className="call-said">
          <span className="muted">{last.speaker === 'agent' ? 'Agent' : 'Caller'}</span> {last.text}
        </span>
      )}
      <span className="call-facts muted">
        {call.codec !== undefined && <span>{call.codec.toUpperCase()}</span>}
        {call.quality && <Quality quality={call.quality} />}
      </span>
    </button>
  );
}

/** Packets in a hundred from which a listener notices. */
const noticedPercent = 1;

function Quality({ quality }: { quality: NonNullable<CallRecord['quality']> }) {
  const expected = Math.max(1, quality.packetsReceived + quality.packetsLost);
  const isNoticed = (packets: number) => (100 * packets) / expected >= noticedPercent;
  return (
    <>
      <span data-warn={isNoticed(quality.packetsLost)}>{quality.packetsLost} lost</span>
      <span data-warn={isNoticed(quality.packetsLate)}>{quality.packetsLate} late</span>
    </>
  );
}

const toneOf = (call: CallRecord): string =>
  call.state === 'ended' ? 'over' : call.state === 'inConversation' ? 'live' : 'ringing';

const endOf = (call: CallRecord): string => (call.endCause ? words(call.endCause.reason) : 'ended');

function secondsOf(call: CallRecord): number {
  const from = Date.parse(call.answeredAt ?? call.receivedAt);
  const to = call.endedAt === undefined ? Date.now() : Date.parse(call.endedAt);
  return (to - from) / 1000;
}
