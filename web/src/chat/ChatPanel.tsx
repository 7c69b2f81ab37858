import { useLayoutEffect, useRef, useSyncExternalStore, type RefObject } from 'react';
import { Composer } from './Composer';
import type { ChatDriver } from './driver';
import { find, textOf, type ChatTurn } from './conversation';
import type { ChatState, PendingMessage } from './session';

export function ChatPanel({ chat }: { chat: ChatDriver }) {
  const state = useSyncExternalStore(chat.subscribe, chat.snapshot);
  const log = useStickToEnd(state);
  const unsent = state.pending.filter(
    (message) => message.turn === undefined || !find(state.turns, message.turn),
  );
  return (
    <section className="panel chat" aria-labelledby="chat-title">
      <header className="panel-head">
        <h2 id="chat-title">Chat with the agent</h2>
        {state.phase === 'open' && state.turns.length > 0 && (
          <button
            type="button"
            className="quiet"
            onClick={() => {
              chat.dispatch({ type: 'userCloses' });
            }}
          >
            End chat
          </button>
        )}
      </header>
      <div
        className="log"
        ref={log}
        role="log"
        aria-live="polite"
        aria-busy={state.turns.some((turn) => !turn.complete)}
        aria-label="Conversation"
        tabIndex={0}
      >
        <ol>
          {state.turns.map((turn) => (
            <Said key={turn.number} turn={turn} />
          ))}
          {unsent.map((message) => (
            <Unsent key={message.id} message={message} />
          ))}
          {state.typing && (
            <li className="said agent" data-testid="typing">
              <span className="typing" role="img" aria-label="The agent is typing">
                <i />
                <i />
                <i />
              </span>
            </li>
          )}
        </ol>
      </div>
      <Notice state={state} chat={chat} />
      <Composer
        disabled={state.phase === 'ended' || state.phase === 'failed' || state.phase === 'superseded'}
        maxLength={state.maxTextLength}
        onSend={(text) => {
          chat.dispatch({ type: 'userSends', id: messageId(), text });
        }}
      />
    </section>
  );
}

/** Unique within a conversation. crypto.randomUUID is missing on pages served without TLS; this is not. */
const messageId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function Said({ turn }: { turn: ChatTurn }) {
  return (
    <li className={`said ${turn.speaker}`} data-turn={turn.number} data-complete={turn.complete}>
      <span className="sr-only">{turn.speaker === 'user' ? 'You said:' : 'The agent said:'}</span>
      <p>
        {turn.interrupted ? textOf(turn).trimEnd() : textOf(turn)}
        {turn.interrupted && (
          <span className="cut" title="Broken off">
            {' '}
            —
          </span>
        )}
      </p>
    </li>
  );
}

function Unsent({ message }: { message: PendingMessage }) {
  return (
    <li className={`said user ${message.refused === undefined ? 'sending' : 'refused'}`}>
      <span className="sr-only">You said:</span>
      <p>{message.text}</p>
      {message.refused !== undefined && <p className="fault">{message.refused}</p>}
    </li>
  );
}

function Notice({ state, chat }: { state: ChatState; chat: ChatDriver }) {
  switch (state.phase) {
    case 'open':
    case 'paused':
      return null;
    case 'connecting':
      return state.turns.length === 0 && state.attempt === 0 ? null : <Line text="Connecting…" />;
    case 'waiting':
      return <Line text="The connection dropped. Your messages are kept; connecting again…" />;
    case 'superseded':
      return (
        <Line
          text="This chat goes on in another window."
          action="Continue here"
          onAction={() => {
            chat.dispatch({ type: 'userTakesOver' });
          }}
        />
      );
    case 'ended':
      return (
        <Line
          text="The chat has ended."
          action="Start a new one"
          onAction={() => {
            chat.dispatch({ type: 'userStartsAnew' });
          }}
        />
      );
    case 'failed':
      return <Line text={state.failure ?? 'The chat cannot be opened.'} />;
  }
}

function Line({ text, action, onAction }: { text: string; action?: string; onAction?: () => void }) {
  return (
    <div className="notice" role="status">
      <span>{text}</span>
      {action !== undefined && (
        <button type="button" onClick={onAction}>
          {action}
        </button>
      )}
    </div>
  );
}

/** Keeps the newest line in sight, unless the person has scrolled up to read. */
function useStickToEnd(state: ChatState): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const log = ref.current;
    if (!log) {
      return;
    }
    const onScroll = () => {
      atEnd.current = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
    };
    log.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      log.removeEventListener('scroll', onScroll);
    };
  }, []);
  useLayoutEffect(() => {
    if (ref.current && atEnd.current) {
      ref.current.scrollTop = ref.current.scrollHeight;
    }
  }, [state]);
  return ref;
}
