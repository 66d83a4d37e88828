/** Tokens that must be refused (S6), each made as an attacker would. */
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { JWT_SECRET, signToken } from './tokens.js';

const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = (): number => Math.floor(Date.now() / 1000);

interface Parts {
  header?: object;
  claims?: object;
  secret?: string;
  signature?: string;
}

/** A token by hand: what jose would refuse to make. */
export function forge({ header, claims, secret = JWT_SECRET, signature }: Parts): string {
  const signed = `${b64(header ?? { alg: 'HS256' })}.${b64({
    ...{ sub: randomUUID(), type: 'user', name: 'Mallory', iat: now(), exp: now() + 3600 },
    ...claims,
  })}`;
  const mac = signature ?? createHmac('sha256', secret).update(signed).digest('base64url');
  return `${signed}.${mac}`;
}

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const PUBLIC_PEM = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** A token signed with a key of the attacker's, whose header says where that key is to be fetched. */
export function withOwnKey(header: object): Promise<string> {
  return new SignJWT({ type: 'admin', name: 'Mallory' })
    .setProtectedHeader({ alg: 'RS256', ...header })
    .setSubject(randomUUID())
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(keys.privateKey);
}

/** Name and token of every forgery; `jku` is an address that must never be asked. */
export async function forgeries(jku: string): Promise<[string, string | undefined][]> {
  const good = await signToken();
  const [header = '', claims = ''] = good.split('.');
  return [
    ['none at all', undefined],
    ['not a token', 'hello'],
    ['alg none', forge({ header: { alg: 'none' }, signature: '' })],
    ['alg None in capitals', forge({ header: { alg: 'NONE' }, signature: '' })],
    ['the signature cut off', `${header}.${claims}.`],
    [
      'claims of another token',
      `${header}.${b64({ sub: randomUUID(), type: 'admin' })}.${good.split('.')[2]}`,
    ],
    ['another secret', await signToken({}, 'another secret of sufficient length')],
    ['an RS256 header over an HS256 signature', forge({ header: { alg: 'RS256' } })],
    ['HS512 in place of HS256', forge({ header: { alg: 'HS512' } })],
    ["the attacker's own RSA key with jku", await withOwnKey({ jku })],
    [
      "the attacker's own RSA key with jwk",
      await withOwnKey({ jwk: keys.publicKey.export({ format: 'jwk' }) }),
    ],
    ['an unknown critical header', forge({ header: { alg: 'HS256', crit: ['x'], x: 1 } })],
    ['expired', forge({ claims: { exp: now() - 60 } })],
    ['not yet valid', forge({ claims: { nbf: now() + 600 } })],
    ['exp that is no number', forge({ claims: { exp: 'never' } })],
    ['no type', forge({ claims: { type: undefined } })],
    ['an unknown type', forge({ claims: { type: 'root' } })],
    ['a list of types', forge({ claims: { type: ['user', 'admin'] } })],
    ['no sub', forge({ claims: { sub: undefined } })],
    ['sub that is no uuid', forge({ claims: { sub: '1' } })],
    ['no name', forge({ claims: { name: undefined } })],
    ['NUL in the name', forge({ claims: { name: 'a\u0000b' } })],
    ['a name without end', forge({ claims: { name: 'x'.repeat(5_000) } })],
    ['a name of 2,000 characters of four bytes', forge({ claims: { name: '𝔘'.repeat(2_000) } })],
    ['half a character in the name', forge({ claims: { name: 'a\ud800' } })],
    ['a jti without end', forge({ claims: { jti: 'x'.repeat(5_000) } })],
  ];
}
