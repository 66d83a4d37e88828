/** Which screen is shown: what stands behind the # of the address, so that reload and back work. */
import { signal } from '@preact/signals';

export type Route =
  { screen: 'start' } | { screen: 'book' } | { screen: 'bookings' } | { screen: 'booking'; id: string };

export const BOOK = '#/book';
export const BOOKINGS = '#/bookings';

export function bookingAddress(id: string): string {
  return `${BOOKINGS}/${encodeURIComponent(id)}`;
}

export function routeOf(hash: string): Route {
  const [, id] = /^#\/bookings\/([\w-]+)$/.exec(hash) ?? [];
  if (id !== undefined) return { screen: 'booking', id };
  if (hash === BOOKINGS) return { screen: 'bookings' };
  return hash === '' || hash === '#' || hash === '#/' ? { screen: 'start' } : { screen: 'book' };
}

export const route = signal<Route>(routeOf(location.hash));
window.addEventListener('hashchange', () => (route.value = routeOf(location.hash)));

export function go(address: string): void {
  location.hash = address;
}

/** Goes without a step that "back" would return to. */
export function goInstead(address: string): void {
  history.replaceState(null, '', address === '' ? location.pathname + location.search : address);
  route.value = routeOf(address);
}
