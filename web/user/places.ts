/** Places by name and by coordinates: what a person may type where an address is wanted. */
import { greatCircleKm, type LatLng } from '../../contract/geo.js';
import { coordinates } from '../kit/format.js';

export interface Place extends LatLng {
  address: string;
}

export const MONTREAL: LatLng = { lat: 45.5088, lng: -73.568 };

/** Well known ones of Montreal. */
export const PLACES: readonly Place[] = [
  { address: 'Old Port of Montreal, Quai de l’Horloge', lat: 45.5128, lng: -73.5471 },
  { address: 'Place Ville Marie, 1 Place Ville Marie', lat: 45.5015, lng: -73.5686 },
  { address: 'Notre-Dame Basilica, 110 Rue Notre-Dame O', lat: 45.5046, lng: -73.5563 },
  { address: 'McGill University, 845 Rue Sherbrooke O', lat: 45.5042, lng: -73.5747 },
  { address: 'Concordia University, 1455 Bd De Maisonneuve O', lat: 45.4972, lng: -73.579 },
  { address: 'Bell Centre, 1909 Av des Canadiens-de-Montréal', lat: 45.496, lng: -73.5693 },
  { address: 'Central Station, 895 Rue De la Gauchetière O', lat: 45.4999, lng: -73.5667 },
  { address: 'Atwater Market, 138 Av Atwater', lat: 45.4796, lng: -73.5768 },
  { address: 'Jean-Talon Market, 7070 Av Henri-Julien', lat: 45.5362, lng: -73.6146 },
  { address: 'Olympic Stadium, 4545 Av Pierre-De Coubertin', lat: 45.558, lng: -73.5515 },
  { address: 'Botanical Garden, 4101 Rue Sherbrooke E', lat: 45.5573, lng: -73.5569 },
  { address: 'Mount Royal Chalet, 1196 Voie Camillien-Houde', lat: 45.5036, lng: -73.5876 },
  { address: 'Saint Joseph’s Oratory, 3800 Ch Queen-Mary', lat: 45.4925, lng: -73.6183 },
  { address: 'La Fontaine Park, 3933 Av du Parc-La Fontaine', lat: 45.5265, lng: -73.5694 },
  { address: 'Parc Jean-Drapeau, Île Sainte-Hélène', lat: 45.5169, lng: -73.5346 },
  { address: 'Trudeau Airport, 975 Bd Roméo-Vachon N', lat: 45.4577, lng: -73.7497 },
];

const COORDINATES = /^(-?\d+(?:\.\d+)?)(?:\s*[,;]\s*|\s+)(-?\d+(?:\.\d+)?)$/;
const NEAR_KM = 0.08;

/** The place that a text names: coordinates, or a place of the list, by its name or the one that holds the text. */
export function placeOf(text: string): Place | null {
  const typed = text.trim();
  if (typed === '') return null;
  const [, lat, lng] = COORDINATES.exec(typed) ?? [];
  if (lat !== undefined && lng !== undefined) {
    const at = { lat: Number(lat), lng: Number(lng) };
    return Math.abs(at.lat) <= 90 && Math.abs(at.lng) <= 180 ? { ...at, address: coordinates(at) } : null;
  }
  const wanted = plain(typed);
  const exact = PLACES.find(({ address }) => plain(address) === wanted);
  if (exact !== undefined) return exact;
  const holding = wanted.length < 3 ? [] : PLACES.filter(({ address }) => plain(address).includes(wanted));
  return holding.length === 1 ? (holding[0] ?? null) : null;
}

/** What is at a place of the map: one of the list if it is there, else its coordinates. */
export function placeAt(at: LatLng): Place {
  const near = PLACES.find((place) => greatCircleKm(place, at) < NEAR_KM);
  return { ...at, address: near?.address ?? coordinates(at) };
}

function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('’', "'").toLowerCase();
}
