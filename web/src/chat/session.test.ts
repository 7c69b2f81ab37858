import { describe, expect, it } from 'vitest';
import { textOf } from './conversation';
import type { ServerMessage } from './protocol';
import { initialState, step, type ChatEffect, type ChatInput, type ChatState } from './session';

const limits = { maxTextLength: 500, maxMessageBytes: 4096, messagesPerSecond: 5, idleTimeoutSeconds: 60 };
const at = '2026-01-01T12:00:00Z';

const opened = (over: Partial<Extract<ServerMessage, { type: 'opened' }>> = {}): ServerMessage => ({
  type: 'opened',
  version: 1,
  token: 'T',
  agent: 'frontdesk',
  resumed: false,
  turns: [],
  limits,
  ...over,
});

const turn = (number: number, speaker: 'user' | 'agent', text: string) => ({
  number,
  speaker,
  text,
  startedAt: at,
  endedAt: at,
  interrupted: false,
});

/** Runs inputs one after the other; returns the state and every effect. */
function run(state: ChatState, ...inputs: (ChatInput | ServerMessage)[]): [ChatState, ChatEffect[]] {
  const all: ChatEffect[] = [];
  for (const input of inputs) {
    const asInput = isInput(input) ? input : ({ type: 'received', message: input } as const);
    const [next, effects] = step(state, asInput);
    state = next;
    all.push(...effects);
  }
  return [state, all];
}

const inputTypes = new Set<string>([
  'start',
  'connected',
  'received',
  'disconnected',
  'retryDue',
  'userSends',
  'resendDue',
  'userCloses',
  'userTakesOver',
  'userStartsAnew',
]);
const isInput = (value: ChatInput | ServerMessage): value is ChatInput => inputTypes.has(value.type);

const transmitted = (effects: ChatEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'transmit' ? [effect.message] : []));

const lines = (state: ChatState) => state.turns.map((one) => `${one.speaker}: ${textOf(one)}`);

const drop: ChatInput = { type: 'disconnected', code: 1006, random: 1 };

const fresh = () => run(initialState(null), { type: 'start' }, { type: 'connected' }, opened())[0];

describe('a chat', () => {
  it('opens without a token at first and keeps the one it gets', () => {
    const [state, effects] = run(initialState(null), { type: 'start' }, { type: 'connected' }, opened());

    expect(transmitted(effects)).toEqual([{ type: 'open', version: 1 }]);
    expect(effects).toContainEqual({ type: 'keepToken', token: 'T' });
    expect(state.phase).toBe('open');
  });

  it('shows the reply growing and its end as the platform tells it', () => {
    const [growing] = run(
      fresh(),
      { type: 'turnStart', turn: 1, from: 0, at },
      { type: 'delta', turn: 1, index: 0, text: 'Good ' },
      { type: 'delta', turn: 1, index: 1, text: 'morning' },
    );
    expect(lines(growing)).toEqual(['agent: Good morning']);

    const [done] = run(growing, { type: 'turnEnd', turn: 1, text: 'Good morning!', interrupted: false });
    expect(lines(done)).toEqual(['agent: Good morning!']);
    expect(done.turns[0]?.complete).toBe(true);
  });

  it('sends a message again after a drop until it is acknowledged', () => {
    const [, effects] = run(
      fresh(),
      { type: 'userSends', id: 'a', text: 'hello' },
      drop,
      { type: 'retryDue' },
      { type: 'connected' },
      opened({ resumed: true }),
    );

    expect(transmitted(effects).filter((message) => message.type === 'send')).toEqual([
      { type: 'send', id: 'a', text: 'hello' },
      { type: 'send', id: 'a', text: 'hello' },
    ]);
  });

  it('shows a message once when only its acknowledgement was lost', () => {
    const [resumed] = run(
      fresh(),
      { type: 'userSends', id: 'a', text: 'hello' },
      drop,
      { type: 'retryDue' },
      { type: 'connected' },
      opened({ resumed: true, turns: [turn(2, 'user', 'hello'), turn(3, 'agent', 'Hi.')] }),
    );
    expect(lines(resumed)).toEqual(['user: hello', 'agent: Hi.']);
    expect(resumed.pending).toEqual([{ id: 'a', text: 'hello', turn: 2 }]);

    const [settled] = run(resumed, { type: 'accepted', id: 'a', turn: 2 });
    expect(lines(settled)).toEqual(['user: hello', 'agent: Hi.']);
    expect(settled.pending).toEqual([]);
  });

  it('keeps the second of two equal messages until it is acknowledged itself', () => {
    const [state] = run(
      fresh(),
      { type: 'userSends', id: 'a', text: 'yes' },
      { type: 'userSends', id: 'b', text: 'yes' },
      drop,
      { type: 'retryDue' },
      { type: 'connected' },
      opened({ resumed: true, turns: [turn(2, 'user', 'yes')] }),
      { type: 'accepted', id: 'b', turn: 2 },
    );

    expect(state.pending).toEqual([{ id: 'a', text: 'yes' }]);
  });

  it('shows everything once, whatever the piece after which the connection drops', () => {
    const pieces = ['We ', 'are ', 'open ', 'from ', 'nine.'];
    const reply: ServerMessage[] = [
      { type: 'accepted', id: 'a', turn: 1 },
      { type: 'turnStart', turn: 2, from: 0, at },
      ...pieces.map((text, index) => ({ type: 'delta', turn: 2, index, text }) as const),
      { type: 'turnEnd', turn: 2, text: pieces.join(''), interrupted: false },
    ];
    for (let received = 0; received <= reply.length; received++) {
      const [before] = run(
        fresh(),
        { type: 'userSends', id: 'a', text: 'when?' },
        ...reply.slice(0, received),
        drop,
        { type: 'retryDue' },
      );
      const [, [open]] = run(before, { type: 'connected' });
      const seen = open?.type === 'transmit' && open.message.type === 'open' ? open.message.seen : undefined;
      const from = seen?.turn === 2 && seen.index !== undefined ? seen.index + 1 : 0;
      const complete = seen?.turn === 2 && seen.index === undefined;
      const [after] = run(
        before,
        opened({ resumed: true, turns: seen === undefined ? [turn(1, 'user', 'when?')] : [] }),
        ...(received === 0 ? [{ type: 'accepted', id: 'a', turn: 1 } as const] : []),
        ...(complete
          ? []
          : [
              { type: 'turnStart', turn: 2, from, at } as const,
              ...pieces.map((text, index) => ({ type: 'delta', turn: 2, index, text }) as const).slice(from),
            ]),
      );

      expect(lines(after), `dropped after ${received}`).toEqual([
        'user: when?',
        'agent: We are open from nine.',
      ]);
      expect(after.pending).toEqual([]);
    }
  });

  it('starts a turn over when the platform does', () => {
    const [state] = run(
      fresh(),
      { type: 'turnStart', turn: 1, from: 0, at },
      { type: 'delta', turn: 1, index: 0, text: 'Old ' },
      { type: 'turnStart', turn: 1, from: 0, at },
      { type: 'delta', turn: 1, index: 0, text: 'New' },
    );

    expect(lines(state)).toEqual(['agent: New']);
  });

  it('waits longer from try to try, and no more than ten seconds', () => {
    let state = fresh();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const [next, effects] = run(state, drop, { type: 'retryDue' });
      state = next;
      waits.push(...effects.flatMap((effect) => (effect.type === 'retryIn' ? [effect.ms] : [])));
    }

    expect(waits).toEqual([300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000]);
  });

  it('does not fight with another window over the conversation', () => {
    const [state, effects] = run(
      fresh(),
      { type: 'disconnected', code: 4009, random: 0 },
      { type: 'retryDue' },
    );

    expect(state.phase).toBe('superseded');
    expect(effects).toEqual([]);
    expect(run(state, { type: 'userTakesOver' })[1]).toEqual([{ type: 'connect' }]);
  });

  it('connects again with the next message after it was idle', () => {
    const [state, effects] = run(
      fresh(),
      { type: 'disconnected', code: 4008, random: 0 },
      { type: 'userSends', id: 'a', text: 'still there?' },
    );

    expect(state.phase).toBe('connecting');
    expect(effects).toEqual([{ type: 'connect' }]);
  });

  it('opens a new conversation when its token is refused', () => {
    const [state, effects] = run(
      initialState('old'),
      { type: 'start' },
      { type: 'connected' },
      { type: 'error', code: 'tokenInvalid', message: 'no' },
    );

    expect(transmitted(effects)).toEqual([
      { type: 'open', version: 1, token: 'old' },
      { type: 'open', version: 1 },
    ]);
    expect(state.token).toBeNull();
  });

  it('sends a message again when it came too fast, and not one that is refused for good', () => {
    const [late, effects] = run(
      fresh(),
      { type: 'userSends', id: 'a', text: 'hello' },
      { type: 'error', code: 'rateLimited', message: 'slow down', id: 'a', retryAfterMs: 200 },
      { type: 'resendDue', id: 'a' },
    );
    expect(effects).toContainEqual({ type: 'resendIn', id: 'a', ms: 200 });
    expect(transmitted(effects)).toHaveLength(2);

    const [refused] = run(late, { type: 'error', code: 'textTooLong', message: 'too long', id: 'a' });
    expect(refused.pending).toEqual([{ id: 'a', text: 'hello', refused: 'too long' }]);
    expect(run(refused, { type: 'resendDue', id: 'a' })[1]).toEqual([]);
  });

  it('is over when the platform says so, and stays over', () => {
    const [state, effects] = run(
      fresh(),
      { type: 'ended', cause: 'completed' },
      { type: 'disconnected', code: 1000, random: 0 },
    );

    expect(state.phase).toBe('ended');
    expect(effects).toEqual([{ type: 'keepToken', token: null }]);
  });
});
