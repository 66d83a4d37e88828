/**
 * Simulated pilots for a demo, as a child process of an API (`POST /demo/pilots`): they get their tokens from
 * the demo door, move about, accept most offers and carry out a job in half a minute. Asked by messages
 * `{id, count, lat, lng}` of the parent; ends as soon as the parent is gone, however it went.
 */
import type { LatLng } from '../../contract/geo.js';
import { Api, newTraffic } from './api.js';
import { spotNear } from './demand.js';
import { Ledger } from './ledger.js';
import type { PilotHabits } from './habits.js';
import { SimulatedPilot } from './pilot.js';
import { between } from './random.js';
import { inParallel } from './time.js';
import type { Identity } from './tokens.js';

interface Ask extends LatLng {
  id: number;
  count: number;
}

/** Starting all at once would only measure the start. */
const STARTS_AT_ONCE = 10;
const HOME_METRES = 1_500;
const WANDER_METRES = 2_000;
/** One person alone sees a booking through in under a minute. */
const JOB_MS = 25_000;
/** A demo token lasts 12 h; the pilot gets a new one before that. */
const RENEW_AFTER_MS = 11 * 3_600_000;
const RENEW_RETRY_MS = 10_000;
/** The same trouble a thousand times is told a few times. */
const TROUBLES_TOLD = 20;

const NAMES = (
  'Amélie Benoît Chloé Daniel Élodie Félix Gabrielle Hugo Inès Jérôme Karine Liam Maude Noah Océane Philippe ' +
  'Quentin Rosalie Samuel Talia Ulysse Valérie William Xavier Yasmine'
).split(' ');
const INITIALS = 'BCDFGLMPRT';

const url = process.env['API_URL'] ?? '';
const api = new Api(url, newTraffic());
const ledger = new Ledger();
let started = 0;
let troubles = 0;

/** `Amélie B.` is the first; 250 are different. */
function nameOf(index: number): string {
  const initial = INITIALS[Math.floor(index / NAMES.length) % INITIALS.length] ?? 'B';
  return `${NAMES[index % NAMES.length] ?? 'Pilot'} ${initial}.`;
}

function tell(message: object): void {
  if (process.connected) process.send?.(message);
}

function onTrouble(error: Error): void {
  troubles += 1;
  if (troubles <= TROUBLES_TOLD) tell({ kind: 'trouble', why: error.message });
}

/** A spot near a place, evenly spread over a disc; on the globe, at its poles too. */
function near(place: LatLng, metres: number): LatLng {
  const { lat, lng } = spotNear(Math.random, place, metres);
  return { lat: Math.min(90, Math.max(-90, lat)), lng: ((((lng + 180) % 360) + 360) % 360) - 180 };
}

function habitsNear(place: LatLng): PilotHabits {
  return {
    answers: { accept: 0.85, decline: 0.15, silent: 0 },
    // 2 to 4 s.
    answerMs: 3_000,
    answerSpread: 1 / 3,
    jobMs: JOB_MS,
    locationMs: 1_000,
    kph: between(Math.random, 12, 25),
    home: near(place, HOME_METRES),
    wanderTo: () => near(place, WANDER_METRES),
    random: Math.random,
  };
}

async function startOne(place: LatLng): Promise<void> {
  const name = nameOf(started);
  started += 1;
  await live(name, habitsNear(place), {});
}

/** One pilot at work; without an id a new one. Resolves once he is online. */
async function live(name: string, habits: PilotHabits, known: { id?: string }): Promise<void> {
  const identity = await api.call<Identity>('POST', '/demo/token', {
    body: { type: 'pilot', name, ...known },
  });
  const pilot = new SimulatedPilot({ api, url }, identity, habits, ledger, onTrouble);
  await pilot.start();
  const renew = (): void => {
    if (pilot.busy) {
      setTimeout(renew, RENEW_RETRY_MS);
      return;
    }
    const again = { ...habits, home: pilot.position };
    pilot
      .stop()
      .then(() => live(name, again, { id: identity.id }))
      .catch((error: unknown) => onTrouble(error instanceof Error ? error : new Error(String(error))));
  };
  setTimeout(renew, RENEW_AFTER_MS);
}

async function add({ id, count, lat, lng }: Ask): Promise<void> {
  const errors: string[] = [];
  await inParallel(Array.from({ length: count }), STARTS_AT_ONCE, () =>
    startOne({ lat, lng }).catch((error: unknown) =>
      errors.push(error instanceof Error ? error.message : String(error)),
    ),
  );
  if (errors.length === count) tell({ kind: 'failed', id, why: errors[0] });
  else tell({ kind: 'added', id, added: count - errors.length });
}

// Ctrl-C in a terminal reaches the parent as well, which ends us by its end.
process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit(0));
process.on('message', (ask: Ask) => void add(ask));
