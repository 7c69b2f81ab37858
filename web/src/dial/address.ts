const defaultSipPort = '5060';

/**
 * The SIP URI to dial, from the socket the platform listens on ("0.0.0.0:5060", "[::]:5060", "10.1.2.3:5062"). Bound to
 * every interface, it is reached where this page was.
 */
export function dialAddress(local: string, pageHost: string): string {
  const colon = local.lastIndexOf(':');
  const bound = local.slice(0, colon);
  const port = local.slice(colon + 1);
  const anywhere = bound === '0.0.0.0' || bound === '[::]';
  const pageIs6 = pageHost.includes(':') && !pageHost.startsWith('[');
  const host = anywhere ? (pageIs6 ? `[${pageHost}]` : pageHost) : bound;
  // SIP over UDP binds IPv4 here, and "localhost" may mean ::1 to a phone.
  const name = host === 'localhost' && bound === '0.0.0.0' ? '127.0.0.1' : host;
  return `sip:agent@${name}${port === defaultSipPort ? '' : `:${port}`}`;
}
