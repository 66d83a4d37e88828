/** A place in degrees, WGS 84. */
export interface LatLng {
  lat: number;
  lng: number;
}

/** Mean Earth radius in kilometres (IUGG R1); the SQL function `dispatch_place` uses the same. */
export const EARTH_RADIUS_KM = 6371.0088;

/**
 * Great-circle distance in kilometres by the haversine formula (Sinnott, 1984). With it goes the haversine to the other
 * side of the Earth: by the first alone, places nearly opposite would be some centimetres off.
 */
export function greatCircleKm(a: LatLng, b: LatLng): number {
  const rad = Math.PI / 180;
  const dLng = ((b.lng - a.lng) * rad) / 2;
  const cosines = Math.cos(a.lat * rad) * Math.cos(b.lat * rad);
  const near = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 + cosines * Math.sin(dLng) ** 2;
  const opposite = Math.sin(((b.lat + a.lat) * rad) / 2) ** 2 + cosines * Math.cos(dLng) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.atan2(Math.sqrt(near), Math.sqrt(opposite));
}

/** Straight-line (chord) length in kilometres under an arc of `arcKm` kilometres. */
export function chordKm(arcKm: number): number {
  return 2 * EARTH_RADIUS_KM * Math.sin(Math.min(Math.PI / 2, arcKm / (2 * EARTH_RADIUS_KM)));
}

/** Arc in kilometres over a chord of `chord` kilometres; inverse of `chordKm`. */
export function arcKm(chord: number): number {
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, chord / (2 * EARTH_RADIUS_KM)));
}

/** Kilometres with two decimals, as every payload shows them. */
export function roundKm(km: number): number {
  return Math.round(km * 100) / 100;
}
