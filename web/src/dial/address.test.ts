import { expect, it } from 'vitest';
import { dialAddress } from './address';

it('names where the page was reached when SIP is on every interface', () => {
  expect(dialAddress('0.0.0.0:5060', 'pbx.example')).toBe('sip:agent@pbx.example');
  expect(dialAddress('0.0.0.0:5062', '10.0.0.7')).toBe('sip:agent@10.0.0.7:5062');
  expect(dialAddress('0.0.0.0:5060', 'localhost')).toBe('sip:agent@127.0.0.1');
  expect(dialAddress('[::]:5060', '[fd00::1]')).toBe('sip:agent@[fd00::1]');
});

it('names the one address that SIP is bound to', () => {
  expect(dialAddress('10.1.2.3:5060', 'localhost')).toBe('sip:agent@10.1.2.3');
});
