/** Places so far apart that tests never share a pilot. */
import { EARTH_RADIUS_KM, type LatLng } from '../../contract/geo.js';

let taken = 0;

/** A place that no other call got: at least 150 km from every other. */
export function freshPlace(): LatLng {
  const row = Math.floor(taken / 60);
  const column = taken % 60;
  taken += 1;
  return { lat: -48 + row * 3, lng: -174 + column * 5.5 };
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
