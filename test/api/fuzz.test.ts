// Whatever is sent, made of the contract's own shapes and of anything: no 500, no crash, every message acknowledged.
import fc from 'fast-check';
import { z } from 'zod';
import { CALLS } from '../../contract/calls.js';
import { CLIENT_MESSAGES } from '../../contract/client-messages.js';
import { TOKEN_TYPES, type TokenType } from '../../contract/words.js';
import { Cast, type User, type PilotActor, type Operator } from '../support/actors.js';
import { nameOf, pathOf, someoneFor } from '../support/bodies.js';
import { LONG } from '../support/counts.js';
import { freshPlace } from '../support/places.js';
import { call } from '../support/rest.js';
import { System } from '../support/system.js';

/** Tries of each call and each message. */
const RUNS = LONG ? 400 : 25;

let system: System;
let cast: Cast;
let pid: number;
const actors = {} as Record<TokenType, User | PilotActor | Operator>;
beforeAll(async () => {
  system = await System.prepare({ env: { RATE_LIMIT: 'off', SOCKET_LIMIT: 'off' } });
  await system.startApi();
  cast = new Cast(system);
  actors.user = await cast.user();
  actors.pilot = await cast.pilot({ at: freshPlace() });
  actors.admin = await cast.operator();
  await actors.admin.connect();
  pid = system.api().pid;
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});
afterEach(async () => {
  process.kill(pid, 0);
  expect(system.api().pid).toBe(pid);
  expect((await call(system.url(), 'GET', '/health/live')).status).toBe(200);
});

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.constantFrom<unknown>(-1, 0, 1e308, 2 ** 53, '', '\u0000', '\ud800', '__proto__', [], {}, null, true),
  fc.uuid(),
  fc.double(),
);

/** Objects with the fields that a schema names, each with something of its own kind or anything, and some others. */
function about(schema: z.ZodType | undefined): fc.Arbitrary<unknown> {
  if (schema === undefined) return odd;
  const { properties = {} } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as {
    properties?: Record<string, unknown>;
  };
  const fields = Object.fromEntries(Object.keys(properties).map((name) => [name, likely(properties[name])]));
  return fc.oneof(
    { weight: 6, arbitrary: fc.record(fields, { requiredKeys: [] }) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.record(fields), fc.dictionary(fc.string(), odd, { maxKeys: 2 }))
        .map(([a, b]) => ({ ...a, ...b })),
    },
    { weight: 1, arbitrary: odd },
  );
}

function likely(property: unknown): fc.Arbitrary<unknown> {
  const {
    type,
    enum: choices,
    properties,
  } = (property ?? {}) as {
    type?: string;
    enum?: unknown[];
    properties?: Record<string, unknown>;
  };
  const fit =
    choices !== undefined
      ? fc.constantFrom(...choices)
      : type === 'number' || type === 'integer'
        ? fc.oneof(fc.double({ min: -200, max: 200, noNaN: true }), fc.integer())
        : type === 'boolean'
          ? fc.boolean()
          : properties !== undefined
            ? fc.record(
                Object.fromEntries(Object.keys(properties).map((one) => [one, likely(properties[one])])),
                {
                  requiredKeys: [],
                },
              )
            : fc.oneof(fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 310 }));
  return fc.oneof({ weight: 3, arbitrary: fit }, { weight: 1, arbitrary: odd });
}

/** Going offline would be undone by nothing; tokens and demo pilots are looked at elsewhere. */
const calls = CALLS.filter((one) => !/tokens|^\/demo/.test(one.path));

test.each(calls.map((one) => [nameOf(one), one] as const))(
  'F23 · %s answers anything without a 500',
  async (_name, one) => {
    const token = actors[someoneFor(one)].token;
    const id = fc.oneof(
      fc.uuid(),
      fc.webSegment().filter((segment) => !/^\.*$/.test(segment)),
    );
    await fc.assert(
      fc.asyncProperty(id, about(one.query), about(one.body), async (path, query, body) => {
        const search = new URLSearchParams(
          Object.entries(Object(query) as object)
            .slice(0, 5)
            .map(([key, value]) => [key, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]),
        );
        const reply = await call(
          system.url(),
          one.method.toUpperCase(),
          `${pathOf(one, path)}?${search.toString().slice(0, 2_000)}`,
          {
            token,
            ...(one.body === undefined ? {} : { body: JSON.stringify(body) ?? 'undefined' }),
          },
        );
        // Readiness says 503 as long as there is no worker.
        if (reply.status >= 500 && !one.path.startsWith('/health'))
          throw new Error(`${reply.status}: ${reply.text}`);
      }),
      { numRuns: RUNS },
    );
  },
);

test.each(Object.keys(CLIENT_MESSAGES))(
  'F23 S9 · the message %s is acknowledged, whatever is in it',
  async (event) => {
    const message = CLIENT_MESSAGES[event as keyof typeof CLIENT_MESSAGES];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...TOKEN_TYPES), about(message.schema), async (type, body) => {
        const answer = await actors[type].socket.ask(event, body);
        expect(typeof answer['ok']).toBe('boolean');
      }),
      { numRuns: 2 * RUNS },
    );
  },
);

test('F23 S9 · messages of any name are acknowledged as unknown', async () => {
  const own = new Set([
    'connect',
    'connect_error',
    'disconnect',
    'disconnecting',
    'newListener',
    'removeListener',
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.string({ maxLength: 60 }).filter((name) => !own.has(name)),
      fc.array(odd, { maxLength: 3 }),
      async (name, bodies) => {
        fc.pre(!Object.hasOwn(CLIENT_MESSAGES, name));
        expect(await actors.user.socket.ask(name, ...bodies)).toMatchObject({
          ok: false,
          error: 'unknown_event',
        });
      },
    ),
    { numRuns: 2 * RUNS },
  );
});
