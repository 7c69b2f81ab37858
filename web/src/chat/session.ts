import { find, fromWire, put, seenMark, textOf, type ChatTurn } from './conversation';
import { closeCode, protocolVersion, type ClientMessage, type ServerMessage } from './protocol';

/**
 * The whole life of a chat as a pure function: what happened goes in, the new state and what to do come out. It knows
 * no socket, clock or storage; `driver.ts` lends it those.
 */

export type Phase =
  /** A connection is being made, or its `open` is unanswered. */
  | 'connecting'
  | 'open'
  /** The connection dropped; the next try is due. */
  | 'waiting'
  /** Closed because nobody wrote; the next message connects again. */
  | 'paused'
  /** Another window has taken the conversation up. */
  | 'superseded'
  /** The conversation is over. */
  | 'ended'
  /** This page and the platform do not understand each other. */
  | 'failed';

/** A message of the user's that the platform has not acknowledged. */
export interface PendingMessage {
  id: string;
  text: string;
  /** The turn it turned out to be, when that came back before the acknowledgement. */
  turn?: number;
  /** Why it was refused for good. */
  refused?: string;
}

export interface ChatState {
  phase: Phase;
  token: string | null;
  turns: readonly ChatTurn[];
  pending: readonly PendingMessage[];
  typing: boolean;
  maxTextLength: number;
  /** Tries since the connection was last good. */
  attempt: number;
  failure?: string;
}

export type ChatInput =
  | { type: 'start' }
  | { type: 'connected' }
  | { type: 'received'; message: ServerMessage }
  | { type: 'disconnected'; code: number; random: number }
  | { type: 'retryDue' }
  | { type: 'userSends'; id: string; text: string }
  | { type: 'resendDue'; id: string }
  | { type: 'userCloses' }
  | { type: 'userTakesOver' }
  | { type: 'userStartsAnew' };

export type ChatEffect =
  | { type: 'connect' }
  | { type: 'transmit'; message: ClientMessage }
  | { type: 'retryIn'; ms: number }
  | { type: 'resendIn'; id: string; ms: number }
  | { type: 'keepToken'; token: string | null };

type Step = readonly [ChatState, readonly ChatEffect[]];

const firstRetryMs = 300;
const lastRetryMs = 10_000;
const defaultResendMs = 1_000;

export const initialState = (token: string | null): ChatState => ({
  phase: 'connecting',
  token,
  turns: [],
  pending: [],
  typing: false,
  maxTextLength: 2_000,
  attempt: 0,
});

export function step(state: ChatState, input: ChatInput): Step {
  switch (input.type) {
    case 'start':
      return connect(state);
    case 'connected':
      return [state, [openMessage(state)]];
    case 'received':
      return receive(state, input.message);
    case 'disconnected':
      return disconnect(state, input.code, input.random);
    case 'retryDue':
      return state.phase === 'waiting' ? connect(state) : [state, []];
    case 'userSends':
      return send(state, input.id, input.text);
    case 'resendDue':
      return resend(state, input.id);
    case 'userCloses':
      return [state, state.phase === 'open' ? [{ type: 'transmit', message: { type: 'close' } }] : []];
    case 'userTakesOver':
      return state.phase === 'superseded' || state.phase === 'paused' ? connect(state) : [state, []];
    case 'userStartsAnew':
      return startAnew();
  }
}

const connect = (state: ChatState): Step => [{ ...state, phase: 'connecting' }, [{ type: 'connect' }]];

function startAnew(): Step {
  const [state, effects] = connect(initialState(null));
  return [state, [{ type: 'keepToken', token: null }, ...effects]];
}

function openMessage(state: ChatState): ChatEffect {
  const seen = seenMark(state.turns);
  return {
    type: 'transmit',
    message: {
      type: 'open',
      version: protocolVersion,
      ...(state.token !== null && { token: state.token }),
      ...(state.token !== null && seen && { seen }),
    },
  };
}

const sendMessage = ({ id, text }: PendingMessage): ChatEffect => ({
  type: 'transmit',
  message: { type: 'send', id, text },
});

function send(state: ChatState, id: string, text: string): Step {
  const message: PendingMessage = { id, text };
  const next = { ...state, pending: [...state.pending, message] };
  if (state.phase === 'open') {
    return [next, [sendMessage(message)]];
  }
  // Once connected again everything unacknowledged is sent.
  return state.phase === 'paused' ? connect(next) : [next, []];
}

function resend(state: ChatState, id: string): Step {
  const message = state.pending.find((one) => one.id === id && one.refused === undefined);
  return [state, message && state.phase === 'open' ? [sendMessage(message)] : []];
}

function disconnect(state: ChatState, code: number, random: number): Step {
  const quiet = { ...state, typing: false };
  if (state.phase === 'ended' || state.phase === 'failed') {
    return [quiet, []];
  }
  switch (code) {
    case closeCode.superseded:
      return [{ ...quiet, phase: 'superseded' }, []];
    case closeCode.idle:
      return [{ ...quiet, phase: 'paused' }, []];
    case closeCode.versionUnsupported:
      return [fail(quiet, 'This page is out of date. Please reload it.'), []];
    default: {
      // Spread over half to the whole of the time, so that a restarted platform is not met by all pages at once.
      const ms = Math.min(lastRetryMs, firstRetryMs * 2 ** state.attempt) * (0.5 + random / 2);
      return [
        { ...quiet, phase: 'waiting', attempt: state.attempt + 1 },
        [{ type: 'retryIn', ms: Math.round(ms) }],
      ];
    }
  }
}

const fail = (state: ChatState, failure: string): ChatState => ({ ...state, phase: 'failed', failure });

function receive(state: ChatState, message: ServerMessage): Step {
  switch (message.type) {
    case 'opened':
      return onOpened(state, message);
    case 'turns':
      return [message.turns.map(fromWire).reduce(withTurn, state), []];
    case 'accepted':
      return [onAccepted(state, message.id, message.turn), []];
    case 'typing':
      return [{ ...state, typing: message.active }, []];
    case 'turnStart':
      return [onTurnStart(state, message.turn, message.from), []];
    case 'delta':
      return [onDelta(state, message.turn, message.index, message.text), []];
    case 'turnEnd':
      return [onTurnEnd(state, message.turn, message.text, message.interrupted), []];
    case 'ended':
      return [
        { ...state, phase: 'ended', typing: false, token: null, pending: [] },
        [{ type: 'keepToken', token: null }],
      ];
    case 'error':
      return onError(state, message);
    case 'pong':
      return [state, []];
    default:
      // A type of a newer platform.
      return [state, []];
  }
}

type Of<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

function onOpened(state: ChatState, message: Of<'opened'>): Step {
  const { token, turns, limits, resumed } = message;
  const opened: ChatState = {
    ...state,
    phase: 'open',
    token,
    attempt: 0,
    // Not resumed: a conversation of its own, and what the page still shows belongs to none.
    turns: resumed ? state.turns : [],
    maxTextLength: limits.maxTextLength,
  };
  const next = turns.map(fromWire).reduce(withTurn, opened);
  const unsent = next.pending.filter((one) => one.refused === undefined);
  return [next, [{ type: 'keepToken', token }, ...unsent.map(sendMessage)]];
}

/** Takes a complete turn in. A user's turn may be a message of ours whose acknowledgement got lost: then it is that. */
function withTurn(state: ChatState, turn: ChatTurn): ChatState {
  const mine =
    turn.speaker === 'user'
      ? state.pending.find((one) => one.turn === undefined && one.text === textOf(turn))
      : undefined;
  return {
    ...state,
    turns: put(state.turns, turn),
    pending: state.pending.map((one) => (one === mine ? { ...one, turn: turn.number } : one)),
  };
}

function onAccepted(state: ChatState, id: string, number: number): ChatState {
  const message = state.pending.find((one) => one.id === id);
  if (!message) {
    return state;
  }
  const turn: ChatTurn = {
    number,
    speaker: 'user',
    pieces: [message.text],
    complete: true,
    interrupted: false,
  };
  return {
    ...state,
    turns: put(state.turns, turn),
    pending: state.pending
      .filter((one) => one !== message)
      // Two messages of the same text: the other one took this turn for its own, and is still on its way.
      .map((one) => (one.turn === number ? { id: one.id, text: one.text } : one)),
  };
}

function onTurnStart(state: ChatState, number: number, from: number): ChatState {
  const kept = find(state.turns, number)?.pieces.slice(0, from) ?? [];
  const turn: ChatTurn = { number, speaker: 'agent', pieces: kept, complete: false, interrupted: false };
  return { ...state, typing: false, turns: put(state.turns, turn) };
}

function onDelta(state: ChatState, number: number, index: number, text: string): ChatState {
  const turn = find(state.turns, number);
  return turn && !turn.complete && turn.pieces.length === index
    ? { ...state, turns: put(state.turns, { ...turn, pieces: [...turn.pieces, text] }) }
    : state;
}

function onTurnEnd(
  state: ChatState,
  number: number,
  text: string | undefined,
  interrupted: boolean,
): ChatState {
  const pieces = text === undefined ? (find(state.turns, number)?.pieces ?? []) : [text];
  const turn: ChatTurn = { number, speaker: 'agent', pieces, complete: true, interrupted };
  return { ...state, turns: put(state.turns, turn) };
}

function onError(state: ChatState, error: Of<'error'>): Step {
  switch (error.code) {
    case 'tokenInvalid': {
      // The platform's key has changed: the old conversation cannot be reached any more.
      const fresh = { ...state, token: null, turns: [] };
      return [fresh, [{ type: 'keepToken', token: null }, openMessage(fresh)]];
    }
    case 'rateLimited':
    case 'tooManyPending':
    case 'unavailable':
      return [
        state,
        error.id === undefined
          ? []
          : [{ type: 'resendIn', id: error.id, ms: error.retryAfterMs ?? defaultResendMs }],
      ];
    case 'agentUnknown':
    case 'versionUnsupported':
      return [fail(state, error.message), []];
    case 'malformed':
    case 'textTooLong':
    case 'unknownType':
    case 'notOpen':
    case 'alreadyOpen':
      return [
        {
          ...state,
          pending: state.pending.map((one) =>
            one.id === error.id ? { ...one, refused: error.message } : one,
          ),
        },
        [],
      ];
  }
}
