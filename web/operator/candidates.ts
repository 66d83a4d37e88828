/** Whom a booking can be given by hand. Pure. */
import { greatCircleKm, type LatLng } from '../../contract/geo.js';
import type { PilotOnMap } from '../../contract/page-shapes.js';

export interface Candidate {
  pilot: PilotOnMap;
  /** To the pickup, great-circle. */
  km: number;
}

/** The free pilots with that vehicle, nearest to the pickup first. */
export function candidatesFor(
  pickup: LatLng,
  vehicleTypeId: string,
  pilots: readonly PilotOnMap[],
): readonly Candidate[] {
  return pilots
    .filter((pilot) => pilot.state === 'free' && pilot.vehicleTypeId === vehicleTypeId)
    .map((pilot) => ({ pilot, km: greatCircleKm(pickup, pilot) }))
    .sort((a, b) => a.km - b.km || (a.pilot.id < b.pilot.id ? -1 : 1));
}

/** Those whose name has every word of `words`, wherever it stands. */
export function named(candidates: readonly Candidate[], words: string): readonly Candidate[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return candidates;
  return candidates.filter(({ pilot }) => wanted.every((word) => pilot.name.toLowerCase().includes(word)));
}
