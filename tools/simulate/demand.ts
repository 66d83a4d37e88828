/** Where and when something is wanted in the city: real car-share demand (data/README.md). */
import type { LatLng } from '../../contract/geo.js';
import { drawIndex, type Random } from './random.js';

/** A place where shared cars were used. */
export interface Place extends LatLng {
  /** Hours of use: the weight of the place. */
  carHours: number;
  /** Hour of the day of the highest use, 0 to 23. */
  peakHour: number;
}

const HEADER = 'centroid_lat,centroid_lon,car_hours,peak_hour';
/** Demand falls off around a place's peak as a bell of this width; a tenth of it stays at all hours. */
const PEAK_WIDTH_HOURS = 2.5;
const BASE_SHARE = 0.1;
/** People do not stand on the centroid: pickups lie within this distance of it. */
const JITTER_METRES = 400;
const METRES_PER_DEGREE = 111_320;

/** Reads the places out of the CSV. Throws an error that names the line that is not right. */
export function parsePlaces(csv: string): Place[] {
  const [header, ...lines] = csv.trim().split(/\r?\n/);
  if (header !== HEADER) throw new Error(`line 1 must be ${HEADER}`);
  const places = lines.map((line, index) => parsePlace(line, index + 2));
  if (places.length === 0) throw new Error('there is no place in the file');
  return places;
}

function parsePlace(line: string, lineNo: number): Place {
  const [lat = NaN, lng = NaN, carHours = NaN, peakHour = NaN, ...more] = line
    .split(',')
    .map((field) => (field.trim() === '' ? NaN : Number(field)));
  const right =
    Math.abs(lat) <= 90 &&
    Math.abs(lng) <= 180 &&
    carHours >= 0 &&
    Number.isInteger(peakHour) &&
    peakHour >= 0 &&
    peakHour <= 23 &&
    more.length === 0;
  if (!right) throw new Error(`line ${lineNo} must be latitude,longitude,hours,hour 0 to 23: ${line}`);
  return { lat, lng, carHours, peakHour };
}

/** How much is wanted at a place at an hour (0 to 24, fractions too): a relative weight. */
export function demandAt(place: Place, hour: number): number {
  const apart = Math.abs((((hour - place.peakHour) % 24) + 24) % 24);
  const hours = Math.min(apart, 24 - apart);
  return place.carHours * (BASE_SHARE + (1 - BASE_SHARE) * Math.exp(-0.5 * (hours / PEAK_WIDTH_HOURS) ** 2));
}

/** A place, drawn by demand at `hour`, or by the whole day's demand when it is null. */
export function drawPlace(random: Random, places: readonly Place[], hour: number | null): Place {
  const weights = places.map((place) => (hour === null ? place.carHours : demandAt(place, hour)));
  return places[drawIndex(random, weights)] as Place;
}

/** A spot near a place, evenly spread over a disc of `radius` metres. */
export function spotNear(random: Random, place: LatLng, radius = JITTER_METRES): LatLng {
  const metres = radius * Math.sqrt(random());
  const angle = 2 * Math.PI * random();
  const lat = place.lat + (metres * Math.cos(angle)) / METRES_PER_DEGREE;
  const shrink = Math.cos((place.lat * Math.PI) / 180);
  return { lat, lng: place.lng + (metres * Math.sin(angle)) / (METRES_PER_DEGREE * shrink) };
}
