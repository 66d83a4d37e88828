import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** Is this address, `hop` steps from us, a proxy whose word is believed? As Express compiles TRUST_PROXY. */
export type Trust = (address: string, hop: number) => boolean;

/** What TRUST_PROXY says, of the Express app; nobody is believed by default. */
export function trustOf(app: { get: (setting: string) => unknown }): Trust {
  return app.get('trust proxy fn') as Trust;
}

/** Whoever has an IPv6 address has the 2^64 of its network: they count as one. */
const IPV6_GROUPS_COUNTED = 4;

/**
 * The address by which limits count a client: that of the connection, or what the named proxies say, nearest first.
 * One home for REST and sockets. What is no address (a proxy may hand anything on) counts as the connection's.
 */
export function clientAddress(request: IncomingMessage, trust: Trust): string {
  const connected = request.socket.remoteAddress ?? '';
  const header = request.headers['x-forwarded-for'] ?? '';
  const told = (Array.isArray(header) ? header.join(',') : header).split(',').map((one) => one.trim());
  const chain = [connected, ...told.filter(Boolean).reverse()];
  const client = chain.find((address, hop) => hop === chain.length - 1 || !trust(address, hop)) ?? '';
  return network(client) ?? network(connected) ?? 'unknown';
}

/** An IPv4 address, or the network of an IPv6 address; null for anything else. Pure. */
function network(address: string): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) === 4) return plain;
  if (isIP(plain) !== 6) return null;
  const [front = '', back] = (plain.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = (part: string): string[] => part.split(':').filter(Boolean);
  const zeros = Math.max(0, 8 - groups(front).length - groups(back ?? '').length);
  const all = [
    ...groups(front),
    ...Array<string>(back === undefined ? 0 : zeros).fill('0'),
    ...groups(back ?? ''),
  ];
  return `${all.slice(0, IPV6_GROUPS_COUNTED).join(':')}::/64`;
}
