/** Pilots on the road, as the statements of the database make them. */
import { randomUUID } from 'node:crypto';
import { insertPilot, markSeen, setOnline, upsertPositions } from '../../database/statements/pilots.js';
import type { LatLng } from '../../contract/geo.js';
import type { Fixture } from './dispatch-fixture.js';
import { northOf } from './places.js';

export interface PilotChoice {
  id?: string;
  /** Kilometres north of the place; 1 unless told. */
  km?: number;
  vehicleTypeId?: string;
  name?: string;
  phone?: string;
  avatar?: string;
  rating?: number;
}

/** A test may take longer than a sign of life lasts: pilots are seen this far ahead. */
const SEEN_AHEAD_MS = 600_000;

/** An available pilot near `place`: online, positioned, reachable. Answers his id. */
export async function addPilot(fixture: Fixture, place: LatLng, choice: PilotChoice = {}): Promise<string> {
  const [id] = await addPilots(fixture, [northOf(place, choice.km ?? 1)], choice);
  return id as string;
}

/** Available pilots, one at each of the given places. Answers their ids in that order. */
export async function addPilots(
  { source }: Fixture,
  places: LatLng[],
  choice: PilotChoice = {},
): Promise<string[]> {
  const { manager } = source;
  const ids = places.map((_, index) => (index === 0 ? (choice.id ?? randomUUID()) : randomUUID()));
  for (const id of ids) {
    await insertPilot(manager, id, {
      name: choice.name ?? 'Paul Pilot',
      phone: choice.phone ?? '+1 514 555 0199',
      vehicleTypeId: choice.vehicleTypeId ?? 'bike',
      ...(choice.avatar === undefined ? {} : { avatar: choice.avatar }),
      ...(choice.rating === undefined ? {} : { rating: choice.rating }),
    });
    await setOnline(manager, id, true);
  }
  await markSeen(
    manager,
    ids.map((pilotId) => ({ pilotId, agoMs: -SEEN_AHEAD_MS })),
  );
  await upsertPositions(
    manager,
    places.map((place, index) => ({ ...at(ids[index] as string, place) })),
  );
  return ids;
}

/** A report of a position without heading and speed. */
export function at(pilotId: string, place: LatLng) {
  return { pilotId, lat: place.lat, lng: place.lng, heading: null, speedKph: null };
}
