import type { SeenMark, WireTurn } from './protocol';

/** One turn as the page holds it: an agent's turn grows by pieces until it is complete. */
export interface ChatTurn {
  number: number;
  speaker: 'user' | 'agent';
  pieces: readonly string[];
  complete: boolean;
  interrupted: boolean;
}

export const textOf = (turn: ChatTurn): string => turn.pieces.join('');

export const fromWire = (turn: WireTurn): ChatTurn => ({
  number: turn.number,
  speaker: turn.speaker,
  pieces: [turn.text],
  complete: true,
  interrupted: turn.interrupted,
});

/** Puts a turn in its place; one of the same number is replaced, so that nothing is ever there twice. */
export function put(turns: readonly ChatTurn[], turn: ChatTurn): readonly ChatTurn[] {
  return [...turns.filter((other) => other.number !== turn.number), turn].sort((a, b) => a.number - b.number);
}

export const find = (turns: readonly ChatTurn[], number: number): ChatTurn | undefined =>
  turns.find((turn) => turn.number === number);

/** What to tell the platform on connecting again: everything before the mark is here in full. */
export function seenMark(turns: readonly ChatTurn[]): SeenMark | undefined {
  const open = turns.find((turn) => !turn.complete);
  if (open) {
    return { turn: open.number, index: open.pieces.length - 1 };
  }
  const last = turns.at(-1);
  return last && { turn: last.number };
}
