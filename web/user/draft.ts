/** A booking while it is filled in: kept in this tab, with the one key under which it is sent. Pure but for the keeping. */
import type { LatLng } from '../../contract/geo.js';
import { keep, recall } from '../door/storage.js';
import { placeOf } from './places.js';

export interface Spot {
  /** As typed, chosen, or named by the map. */
  text: string;
  at: LatLng | null;
}
export type End = 'pickup' | 'dropoff';

export interface Draft {
  /** The Idempotency-Key: however often this is sent, it is one booking. */
  key: string;
  pickup: Spot;
  dropoff: Spot;
  vehicleTypeId: string;
  description: string;
  weight: string;
  method: 'PREPAID' | 'COD';
  amount: string;
  note: string;
}

/** What is wrong, by field. */
export type Wrongs = Partial<Record<keyof Draft | 'other', string>>;

const EMPTY: Spot = { text: '', at: null };

export function emptyDraft(): Draft {
  return {
    key: crypto.randomUUID(),
    pickup: EMPTY,
    dropoff: EMPTY,
    vehicleTypeId: '',
    description: '',
    weight: '',
    method: 'PREPAID',
    amount: '',
    note: '',
  };
}

const keyOf = (userId: string): string => `pilot-dispatch:draft:${userId}`;

export function recallDraft(userId: string): Draft {
  return { ...emptyDraft(), ...recall<Draft>(() => sessionStorage, keyOf(userId)) };
}

export function keepDraft(userId: string, draft: Draft | null): void {
  keep(() => sessionStorage, keyOf(userId), draft);
}

/** A spot that was typed or chosen from the list. */
export function typedSpot(text: string): Spot {
  const place = placeOf(text);
  return { text, at: place === null ? null : { lat: place.lat, lng: place.lng } };
}

/** What the server takes at most, kilograms. */
const MOST_KG = 10_000;

function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text.trim().replace(',', '.'));
}

/** What can be seen to be wrong before it is sent. */
export function wrongsOf(draft: Draft): Wrongs {
  const wrongs: Wrongs = {};
  for (const end of ['pickup', 'dropoff'] as const) {
    if (draft[end].at !== null) continue;
    wrongs[end] =
      draft[end].text.trim() === ''
        ? `Choose the ${end === 'pickup' ? 'pickup' : 'drop-off'}.`
        : 'Not found. Choose from the list, type coordinates, or tap the map.';
  }
  if (draft.vehicleTypeId === '') wrongs.vehicleTypeId = 'Choose a vehicle.';
  if (draft.weight.trim() !== '') {
    if (!(numberOf(draft.weight) >= 0)) wrongs.weight = 'Type the weight in kilograms, such as 2.5.';
    else if (numberOf(draft.weight) > MOST_KG) wrongs.weight = 'At most 10,000 kg.';
    else if (draft.description.trim() === '') wrongs.description = 'Say what the package is.';
  }
  if (draft.method === 'COD' && !(numberOf(draft.amount) > 0))
    wrongs.amount = 'Type the amount, such as 25.00.';
  return wrongs;
}

/** What is sent; null while a place is missing. */
export function bodyOf(draft: Draft): object | null {
  const { pickup, dropoff } = draft;
  if (pickup.at === null || dropoff.at === null) return null;
  const description = draft.description.trim();
  const note = draft.note.trim();
  const weightKg = numberOf(draft.weight);
  return {
    pickup: { ...pickup.at, address: addressOf(pickup) },
    dropoff: { ...dropoff.at, address: addressOf(dropoff) },
    vehicleTypeId: draft.vehicleTypeId,
    ...(description === ''
      ? {}
      : { package: { description, ...(Number.isNaN(weightKg) ? {} : { weightKg }) } }),
    payment:
      draft.method === 'COD'
        ? { method: 'COD', amount: numberOf(draft.amount), currency: 'CAD' }
        : { method: 'PREPAID' },
    ...(note === '' ? {} : { note }),
  };
}

function addressOf(spot: Spot): string {
  return placeOf(spot.text)?.address ?? spot.text.trim();
}

const FIELDS: Readonly<Record<string, keyof Draft>> = {
  pickup: 'pickup',
  dropoff: 'dropoff',
  vehicleTypeId: 'vehicleTypeId',
  package: 'description',
  'package.description': 'description',
  'package.weightKg': 'weight',
  payment: 'amount',
  'payment.amount': 'amount',
  'payment.currency': 'amount',
  note: 'note',
};

/** What the server found wrong, at the fields of the form. */
export function wrongsOfServer(fields: readonly { field: string; message: string }[]): Wrongs {
  const wrongs: Wrongs = {};
  for (const { field, message } of fields) {
    const own = FIELDS[field] ?? FIELDS[field.split('.')[0] ?? ''] ?? 'other';
    const words =
      own === 'other' ? `${field}: ${message}` : message.charAt(0).toUpperCase() + message.slice(1);
    wrongs[own] = wrongs[own] === undefined ? words : `${wrongs[own]}; ${words}`;
  }
  return wrongs;
}
