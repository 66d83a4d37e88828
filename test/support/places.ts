/** Places so far apart that tests never share a pilot. */
import { EARTH_RADIUS_KM, type LatLng } from '../../contract/geo.js';

let taken = 0;

/** A net of places between the polar circles, 120 km apart at least. */
const NET = { south: -57, west: -178, latStep: 1.4, lngStep: 2, columns: 178, rows: 82 };

/** A place that no other call got: at least 120 km from every other. Throws when there is none left. */
export function freshPlace(): LatLng {
  const row = Math.floor(taken / NET.columns);
  const column = taken % NET.columns;
  if (row >= NET.rows) throw new Error(`no fresh place is left after ${taken}`);
  taken += 1;
  return { lat: NET.south + row * NET.latStep, lng: NET.west + column * NET.lngStep };
}

/** `km` kilometres north of a place. */
export function northOf(place: LatLng, km: number): LatLng {
  return { lat: place.lat + (km / EARTH_RADIUS_KM) * (180 / Math.PI), lng: place.lng };
}

/** `km` kilometres east of a place, along the great circle that starts due east. */
export function eastOf(place: LatLng, km: number): LatLng {
  const rad = Math.PI / 180;
  const arc = km / EARTH_RADIUS_KM;
  const lat = Math.asin(Math.sin(place.lat * rad) * Math.cos(arc));
  const dLng = Math.atan2(
    Math.sin(arc) * Math.cos(place.lat * rad),
    Math.cos(arc) - Math.sin(place.lat * rad) * Math.sin(lat),
  );
  return { lat: lat / rad, lng: place.lng + dLng / rad };
}
