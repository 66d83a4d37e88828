/** How pilots move over the map. Pure. */
import { greatCircleKm, type LatLng } from '../../contract/geo.js';

/** The point `part` (0 to 1) of the way from one place to another; straight, good enough for a city. */
export function along(from: LatLng, to: LatLng, part: number): LatLng {
  const share = Math.min(1, Math.max(0, part));
  return { lat: from.lat + (to.lat - from.lat) * share, lng: from.lng + (to.lng - from.lng) * share };
}

/** Where one is after `seconds` at `kph` towards a target, and whether it is reached. */
export function towards(
  from: LatLng,
  to: LatLng,
  kph: number,
  seconds: number,
): { at: LatLng; arrived: boolean } {
  const km = greatCircleKm(from, to);
  const step = (kph * seconds) / 3600;
  return step >= km ? { at: to, arrived: true } : { at: along(from, to, step / km), arrived: false };
}

/** Compass direction from one place to another, degrees from 0 up to 360. */
export function headingOf(from: LatLng, to: LatLng): number {
  const rad = Math.PI / 180;
  const east = Math.sin((to.lng - from.lng) * rad) * Math.cos(to.lat * rad);
  const north =
    Math.cos(from.lat * rad) * Math.sin(to.lat * rad) -
    Math.sin(from.lat * rad) * Math.cos(to.lat * rad) * Math.cos((to.lng - from.lng) * rad);
  return (((Math.atan2(east, north) / rad) % 360) + 360) % 360;
}

/** After which part of a job's time each step is taken: he says that he is there when he is. */
export const STEP_AT = { ARRIVED: 0.4, PICKED_UP: 0.5, IN_TRANSIT: 0.55, DELIVERED: 1 } as const;

/** Where a pilot is on a job after `part` of its time: on his way, at the pickup, on the way to the drop-off. */
export function onJob(start: LatLng, pickup: LatLng, dropoff: LatLng, part: number): LatLng {
  if (part < STEP_AT.ARRIVED) return along(start, pickup, part / STEP_AT.ARRIVED);
  return along(pickup, dropoff, (part - STEP_AT.IN_TRANSIT) / (1 - STEP_AT.IN_TRANSIT));
}
