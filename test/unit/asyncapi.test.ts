// The AsyncAPI document: committed as generated, valid, complete, and good for client generators.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import { CLIENT_MESSAGES, type ClientMessage } from '../../contract/client-messages.js';
import {
  adminEventShapes,
  pilotEventShapes,
  userEventShapes,
  userLiveShapes,
} from '../../contract/shapes.js';
import { TOKEN_TYPES } from '../../contract/words.js';
import { asyncApiText, buildAsyncApi } from '../../src/docs/asyncapi.js';
import { openApiText } from '../../src/docs/openapi.js';
import { packageFile } from '../../src/docs/package-file.js';
import { faultsIn, refsOf, type Json } from '../support/schema-faults.js';

interface Ref {
  $ref: string;
}
interface Operation {
  action: 'send' | 'receive';
  channel: Ref;
  messages: Ref[];
  reply?: { channel: Ref; messages: Ref[] };
}
interface Document {
  channels: Record<string, { messages: Record<string, Ref> }>;
  operations: Record<string, Operation>;
  components: {
    messages: Record<string, { name: string; summary: string; payload: Ref }>;
    schemas: Record<string, Json>;
  };
}

const { root } = packageFile();
const parse = (text: string): Document => JSON.parse(text) as Document;
const document = parse(asyncApiText());
const { schemas, messages } = document.components;

/** What the parser complains of, warnings too. */
async function faultsOf(value: object): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(JSON.stringify(value));
  // 3.1 adds nothing that we need, and fewer generators read it.
  return diagnostics.map((one) => String(one.code)).filter((code) => code !== 'asyncapi-latest-version');
}

/** The same document with one fault. */
function withFault(plant: (copy: Document) => void): Document {
  const copy = parse(asyncApiText());
  plant(copy);
  return copy;
}

/** Names of the events that a kind of connection is sent. */
function eventsSent(channel: string, from = document): string[] {
  return Object.values(from.operations)
    .filter((one) => one.action === 'send' && one.channel.$ref === `#/channels/${channel}`)
    .flatMap((one) => one.messages.map(nameOf));
}

function idOf({ $ref: ref }: Ref): string {
  return ref.split('/').at(-1) ?? '';
}

function nameOf(ref: Ref): string {
  return messages[idOf(ref)]?.name ?? `no message ${ref.$ref}`;
}

describe('the AsyncAPI document', () => {
  it('is committed as the code makes it (else: npm run openapi)', () => {
    expect(readFileSync(join(root, 'docs/asyncapi.json'), 'utf8')).toBe(asyncApiText());
  });

  it('is the same each time it is made', () => {
    expect(JSON.stringify(buildAsyncApi())).toBe(JSON.stringify(buildAsyncApi()));
  });

  it("is valid AsyncAPI 3.0, by AsyncAPI's own parser, without a warning", async () => {
    expect(await faultsOf(document)).toEqual([]);
  });

  it.each<[string, (copy: Document) => void]>([
    [
      'a reference to nowhere',
      (copy) => (copy.channels['user'] = { messages: { X: { $ref: '#/nowhere' } } }),
    ],
    ['an action that is none', (copy) => (copy.operations['connect']!.action = 'shout' as never)],
    ['no channel', (copy) => delete (copy.operations['connect'] as Partial<Operation>).channel],
    [
      "another channel's message",
      (copy) => copy.operations['sendToUser']!.messages.push({ $ref: '#/channels/pilot/messages/Refusal' }),
    ],
    ['a schema that is none', (copy) => (copy.components.schemas['Job'] = { type: 'thing' })],
  ])('the check itself: %s is found', async (_name, plant) => {
    expect(await faultsOf(withFault(plant))).not.toEqual([]);
  });

  it('resolves every $ref, and uses every named schema and message', () => {
    const { all, broken } = refsOf(document);
    expect(broken).toEqual([]);
    const named = [
      ...Object.keys(schemas).map((name) => `#/components/schemas/${name}`),
      ...Object.keys(messages).map((name) => `#/components/messages/${name}`),
    ];
    expect(named.filter((name) => !all.has(name))).toEqual([]);
  });
});

describe('every event of the contract', () => {
  it.each([
    ['user', { ...userEventShapes, ...userLiveShapes }],
    ['pilot', pilotEventShapes],
    ['admin', adminEventShapes],
  ])('to a %s has its message, and no other is sent', (who, shapes) => {
    expect(eventsSent(who).sort()).toEqual(Object.keys(shapes).sort());
  });

  it('the check itself: one that is left out is missed', () => {
    const without = withFault((copy) => copy.operations['sendToPilot']!.messages.pop());
    expect(eventsSent('pilot', without)).not.toContain('booking:cancelled');
  });

  it('has a summary and a payload with the time', () => {
    for (const { name, summary, payload } of Object.values(messages)) {
      expect([name, summary]).toEqual([name, expect.stringMatching(/^\w.{9,}/)]);
      if (!name.includes(':') || name.endsWith(' answer') || Object.hasOwn(CLIENT_MESSAGES, name)) continue;
      expect(schemas[idOf(payload)]).toMatchObject({ properties: { at: { format: 'date-time' } } });
    }
  });

  it('is numbered if it is stored, and only then', () => {
    const numbered = Object.values(document.operations)
      .filter((one) => one.action === 'send')
      .flatMap((one) => one.messages)
      .filter((ref) => 'seq' in (schemas[idOf(messages[idOf(ref)]!.payload)]!['properties'] as Json));
    expect(numbered.map(nameOf)).toEqual(Object.keys(userEventShapes));
  });
});

describe('every message of a client', () => {
  it.each(Object.entries<ClientMessage>(CLIENT_MESSAGES))(
    '%s: from whom, with its answers',
    (name, { who }) => {
      for (const type of TOKEN_TYPES) {
        const received = Object.values(document.operations).filter(
          (one) => one.channel.$ref === `#/channels/${type}` && one.action === 'receive',
        );
        const found = received.filter((one) => one.messages.map(nameOf).includes(name));
        expect([type, found.length]).toEqual([type, who.includes(type) ? 1 : 0]);
        for (const one of found) {
          expect(one.reply?.channel).toEqual(one.channel);
          expect(one.reply?.messages.map(nameOf)).toEqual([`${name} answer`, 'refusal']);
        }
      }
    },
  );

  it('refuses unknown fields, while what is sent to clients may grow', () => {
    for (const name of ['SyncMessage', 'Location', 'OfferReceivedMessage', 'Empty', 'Connect'])
      expect([name, schemas[name]?.['additionalProperties']]).toEqual([name, false]);
    for (const name of ['UserBookingCreated', 'Offer', 'SyncAnswer', 'Refusal'])
      expect([name, schemas[name]?.['additionalProperties']]).toEqual([name, undefined]);
  });
});

describe('what generators of clients need', () => {
  it('names every payload', () => {
    const unnamed = Object.values(messages).filter(
      (one) => !one.payload.$ref.startsWith('#/components/schemas/'),
    );
    expect(unnamed).toEqual([]);
  });

  it('has no inline object, and no union but "a named schema or null"', () => {
    expect(Object.entries(schemas).flatMap(([name, schema]) => faultsIn(name, schema))).toEqual([]);
  });

  it("writes schemas in draft 07 alone, which is AsyncAPI's own", () => {
    const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: true, validateFormats: false });
    const components = { schemas };
    const text = JSON.stringify({ components }).replaceAll('#/components/', '#/definitions/components/');
    const definitions = JSON.parse(text) as { components: { schemas: Record<string, Json> } };
    for (const schema of Object.values(definitions.components.schemas))
      expect(() => ajv.compile({ ...schema, definitions })).not.toThrow();
    expect(() => ajv.compile({ type: 'array', prefixItems: [] })).toThrow(/unknown keyword/);
  });

  it('means the same by a name as OpenAPI does, so that both make one class of it', () => {
    const other = (JSON.parse(openApiText()) as Document).components.schemas;
    const common = Object.keys(schemas).filter((name) => Object.hasOwn(other, name));
    expect(common).toEqual(
      expect.arrayContaining(['Booking', 'Assignment', 'Offer', 'Location', 'BookingStatus']),
    );
    for (const name of common) expect([name, schemas[name]]).toEqual([name, other[name]]);
  });
});
