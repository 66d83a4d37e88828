// The pilots of the simulator, who drive the chaos runs: what they leave undone would look like a booking that is stuck.
import { Api, newTraffic, type CallOptions, type Outcome } from '../../tools/simulate/api.js';
import { Ledger } from '../../tools/simulate/ledger.js';
import { SimulatedPilot } from '../../tools/simulate/pilot.js';
import { stream } from '../../tools/simulate/random.js';
import { identitiesFrom } from '../../tools/simulate/tokens.js';
import { Cast, type User } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { JWT_SECRET } from '../support/tokens.js';

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '30000' } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

/** What is asked for by these paths happens, but the answer is lost. */
const answersLost = new Set<string>();

class LossyApi extends Api {
  override as(token: string): LossyApi {
    return new LossyApi(this.baseUrl, this.traffic, token);
  }

  protected override async once<T>(method: string, path: string, options: CallOptions): Promise<Outcome<T>> {
    const outcome = await super.once<T>(method, path, options);
    const last = JSON.stringify(options.body ?? null).includes('DELIVERED');
    if (!last || !answersLost.has(path)) return outcome;
    // Asked again and again, as over a network that is gone.
    return super.once<T>('GET', '/nothing', { signal: AbortSignal.abort() });
  }
}

const delivered = (user: User, id: string): Promise<unknown> =>
  user.hears('booking:status', (one) => one['bookingId'] === id && one['status'] === 'DELIVERED');

test('one whose last answer is lost carries out the next job all the same', async () => {
  const home = freshPlace();
  const api = new LossyApi(system.url(), newTraffic());
  const identity = await identitiesFrom(api, { JWT_SECRET }).pilot('Sim');
  const habits = {
    answers: { accept: 1, decline: 0, silent: 0 },
    ...{ answerMs: 50, jobMs: 400, locationMs: 1_000, kph: 20, home },
    wanderTo: () => home,
    random: stream(1, 'pilot'),
  };
  const door = { api, url: system.url() };
  const pilot = new SimulatedPilot(door, identity, habits, new Ledger());
  await pilot.start();
  try {
    const user = await cast.user();
    const first = await user.book(home);
    answersLost.add(`/jobs/${first.id}/status`);
    await delivered(user, first.id);
    expect(pilot.counts.delivered).toBe(0);
    await delivered(user, (await user.book(home)).id);
  } finally {
    answersLost.clear();
    await pilot.stop();
  }
});
