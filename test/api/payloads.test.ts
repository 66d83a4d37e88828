// Who is shown what, of every booking, in every state (S5): all fields of all reads and of all that sockets are sent, by role.
// They are committed in expected-payloads.txt; `UPDATE_EXPECTED_PAYLOADS=1 npx jest test/api/payloads` writes it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALLS } from '../../contract/calls.js';
import { Cast, Operator, PilotActor } from '../support/actors.js';
import { inCrowd } from '../support/crowd.js';
import { asText, differences, fieldsOf, grouped, type Sight } from '../support/payload-map.js';
import { HASTY, plays, UNHURRIED, type Person, type Standing } from '../support/payload-scenes.js';
import { freshPlace } from '../support/places.js';
import type { Arrival } from '../support/sockets.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

const FILE = join(__dirname, 'expected-payloads.txt');
const AT_ONCE = 4;
/** What a list must be asked with to hold every booking and pilot of this test. */
const QUERIES: Record<string, string> = {
  '/bookings': '?limit=100',
  '/admin/bookings': '?limit=100',
  '/admin/pilots': '?limit=100',
  '/admin/searches': '?state=all',
  '/admin/events': '?limit=200',
  '/admin/audit': '?limit=100&bookingId=:id',
};

let system: System;
let cast: Cast;
let standings: Standing[];
beforeAll(async () => {
  system = await System.start({ env: UNHURRIED });
  const hasty = await system.startApi(HASTY);
  await hasty.waitReady();
  cast = new Cast(system);
  const operator = await cast.operator();
  await operator.watch();
  const others = {
    operator,
    'another user': await cast.user(),
    'another pilot': await cast.pilot({ at: freshPlace() }),
  };
  const all = await inCrowd(AT_ONCE, plays(system, cast), (play) => play());
  standings = all.map((one) => ({ ...one, people: { ...one.people, ...others } }));
}, 120_000);
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const typeOf = (person: Person) =>
  person instanceof Operator ? 'admin' : person instanceof PilotActor ? 'pilot' : 'user';

/** Of a list of bookings or pilots, what is about this booking or its people: the others are in other states. */
function about({ id, people }: Standing, path: string, body: unknown): unknown {
  const pilots = Object.values(people).filter((one) => one instanceof PilotActor);
  const ids = [id, ...pilots.map((one) => one.id)];
  const ours = (items: unknown[]): unknown[] =>
    path.endsWith('/vehicle-types')
      ? items
      : items.filter((item) => ids.some((one) => JSON.stringify(item).includes(one)));
  if (Array.isArray(body)) return ours(body);
  const { items, ...rest } = (body ?? {}) as { items?: unknown[]; nextCursor?: unknown };
  return items === undefined ? body : { ...rest, nextCursor: null, items: ours(items) };
}

/** What one person is answered by every read that his kind may make, REST and `booking:sync`. */
async function reads(standing: Standing, part: string, person: Person): Promise<Sight[]> {
  const { id, state } = standing;
  const mine = CALLS.filter(
    ({ method, who }) => method === 'get' && who !== 'anyone' && who.includes(typeOf(person)),
  );
  const sights: Sight[] = [];
  for (const { path } of mine) {
    const asked = (path + (QUERIES[path] ?? '')).replace(':id', id);
    const { status, body } = await person.request('GET', asked);
    const lines = status === 200 ? fieldsOf(about(standing, path, body)) : [String(status)];
    sights.push({ place: `${part} · GET ${path}`, state, lines });
  }
  const { ok, error, ...answer } = await person.socket.ask('booking:sync', { bookingId: id, afterSeq: 0 });
  const lines = ok === true ? fieldsOf(answer) : [String(error)];
  return [...sights, { place: `${part} · asks booking:sync`, state, lines }];
}

/** `job:assigned` is the booking itself, `assignments:stats` is about none. */
const bookingOf = ({ payload }: Arrival): unknown => payload['bookingId'] ?? payload['id'];

/** What one person's sockets were sent of a booking, by event. */
function hears({ id, state }: Standing, part: string, person: Person): Sight[] {
  const arrivals = person.sockets
    .flatMap((one) => one.arrivals)
    .filter((one) => [id, undefined].includes(bookingOf(one) as string));
  if (arrivals.length === 0) return [{ place: `${part} · is sent nothing`, state, lines: ['nothing'] }];
  return [...grouped(arrivals, (one) => one.event)].map(([event, all]) => ({
    place: `${part} · is sent ${event}`,
    state,
    lines: [...new Set(all.flatMap((one) => fieldsOf(one.payload)))].sort(),
  }));
}

async function everythingSeen(): Promise<Sight[]> {
  const parts = standings.flatMap((standing) =>
    Object.entries(standing.people).map(([part, person]) => ({ standing, part, person })),
  );
  const read = await inCrowd(AT_ONCE, parts, ({ standing, part, person }) => reads(standing, part, person));
  for (const { id, people } of standings) {
    const { user } = people;
    const stored = await system.rows('SELECT 1 FROM booking_events WHERE booking_id = $1', [id]);
    await eventually('the user to have heard all', () => {
      const seqs = user?.socket.arrivals.filter(
        (one) => one.payload['bookingId'] === id && 'seq' in one.payload,
      );
      return seqs?.length === stored.length;
    });
  }
  return [...read.flat(), ...parts.flatMap(({ standing, part, person }) => hears(standing, part, person))];
}

test('S5 · what everybody is shown, by role and state, is what is committed, field by field', async () => {
  const found = asText(await everythingSeen());
  if (process.env['UPDATE_EXPECTED_PAYLOADS'] === '1') writeFileSync(FILE, found);
  const committed = readFileSync(FILE, 'utf8');
  const differing = differences(committed, found);
  if (differing.length > 0)
    throw new Error(
      `Not what expected-payloads.txt says (- committed, + shown now):\n${differing.join('\n')}\n` +
        'If nobody sees more than he should: UPDATE_EXPECTED_PAYLOADS=1 npx jest test/api/payloads, and commit it.',
    );
  expect(found).toBe(committed);
}, 120_000);
