import { expect, it } from 'vitest';
import { caller, duration, elapsed, words } from './format';

it('writes durations the way a phone does', () => {
  expect([0, 9, 65, 3700].map(duration)).toEqual(['0:00', '0:09', '1:05', '1:01:40']);
});

it('takes the caller out of any form of SIP address', () => {
  expect(
    [
      '"Ann B." <sip:ann@host>',
      'Ann <sip:ann@host>',
      '<sip:100@10.0.0.1:5060>',
      'sip:100@host',
      'sip:host',
    ].map(caller),
  ).toEqual(['Ann B.', 'Ann', '100', '100', 'sip:host']);
});

it('reads camel case as words', () => {
  expect(words('inConversation')).toBe('in conversation');
});

it('writes elapsed time as finely as it matters', () => {
  expect([0, 12.4, 3200, 125_000].map(elapsed)).toEqual(['0 ms', '12 ms', '3.2 s', '2:05']);
});
