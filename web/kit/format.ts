/** Numbers and times as people read them. */
import type { Booking } from '../../contract/shapes.js';

export type PaymentView = NonNullable<Booking['payment']>;

/** `1:05` of milliseconds; never negative. */
export function minutes(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `1.2 km`, or `350 m` below one kilometre. */
export function distance(km: number): string {
  return km < 1 ? `${Math.round(km * 100) * 10} m` : `${km.toFixed(1)} km`;
}

/** `4 min` of seconds, at least one. */
export function arrival(seconds: number): string {
  return `${Math.max(1, Math.round(seconds / 60))} min`;
}

/** The amount with its currency as the device's language writes it. */
export function money({ amount = 0, currency = 'CAD' }: PaymentView): string {
  try {
    return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(amount);
  } catch {
    return `${amount.toFixed(2)} ${currency}`;
  }
}

/** Day and time of an ISO time, short, in the device's language. */
export function when(iso: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(iso),
  );
}

/** Time of day of an ISO time. */
export function timeOfDay(iso: string): string {
  return new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }).format(new Date(iso));
}

/** `45.50880, -73.55400`. */
export function coordinates({ lat, lng }: { lat: number; lng: number }): string {
  return `${lat.toFixed(5)}, ${lng.toFixed(5)}`;
}
