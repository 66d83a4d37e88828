// The pictures of docs/runbook.md: Temporal's real Web UI with a search past its fourth driver.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';

/** Far from everybody else of the pictures. */
const PICKUP = { lat: 48.4284, lng: -71.0681, address: 'Rue Racine, Saguenay' };
const DROPOFF = { lat: 48.4, lng: -71.05, address: 'Boulevard Talbot' };
const PILOTS = 6;
const DECLINES = 4;
const GIVE_UP_MS = 20_000;

export interface Studio {
  /** Of the API, and of Temporal's Web UI. */
  url: string;
  webUi: string;
  open: (url: string) => Promise<Page>;
  take: (page: Page, name: string) => Promise<void>;
}

/** Makes a booking whose first drivers decline, and takes the list that finds it and its workflow. */
export async function takeWebUi({ url, webUi, open, take }: Studio): Promise<void> {
  const { id, number } = await bookWithDeclines(url);
  const workflows = `${webUi}/namespaces/default/workflows`;
  const query = `TriedPilots > 4 AND ExecutionStatus = "Running"`;
  const list = await open(`${workflows}?query=${encodeURIComponent(query)}`);
  await list.getByText(`booking-${id}`).first().waitFor();
  await take(list, 'temporal-list');
  const booking = await open(`${workflows}/booking-${id}`);
  await booking.getByText(number).first().waitFor();
  await booking
    .getByText(/Offer 5 of 10/)
    .first()
    .waitFor();
  await take(booking, 'temporal-booking');
}

async function bookWithDeclines(url: string): Promise<{ id: string; number: string }> {
  const pilots: string[] = [];
  for (let n = 1; n <= PILOTS; n += 1) pilots.push(await onlinePilot(url, n));
  const user = await call<{ token: string }>(url, 'POST', '/demo/token', '', {
    type: 'user',
    name: 'Rosa Lind',
  });
  const body = { pickup: PICKUP, dropoff: DROPOFF, vehicleTypeId: 'bike' };
  const booking = await call<{ id: string; bookingNumber: string }>(
    url,
    'POST',
    '/bookings',
    user.token,
    body,
  );
  for (let n = 0; n < DECLINES; n += 1) await declineNext(url, pilots);
  await anyOffer(url, pilots);
  return { id: booking.id, number: booking.bookingNumber };
}

async function onlinePilot(url: string, n: number): Promise<string> {
  const { token } = await call<{ token: string }>(url, 'POST', '/demo/token', '', {
    ...{ type: 'pilot', name: `Driver ${n}` },
  });
  await call(url, 'PUT', '/pilots/me/location', token, { lat: PICKUP.lat + n / 500, lng: PICKUP.lng });
  await call(url, 'PUT', '/pilots/me/availability', token, { online: true });
  await call(url, 'GET', '/pilots/me/offers', token);
  return token;
}

async function declineNext(url: string, pilots: string[]): Promise<void> {
  const { token, offerId } = await anyOffer(url, pilots);
  await call(url, 'POST', `/offers/${offerId}/decline`, token, {});
}

/** The live offer of any of them; asking also keeps them reachable. */
async function anyOffer(url: string, pilots: string[]): Promise<{ token: string; offerId: string }> {
  for (const giveUpAt = Date.now() + GIVE_UP_MS; Date.now() < giveUpAt; await sleep(200))
    for (const token of pilots) {
      const [offer] = await call<{ offerId: string }[]>(url, 'GET', '/pilots/me/offers', token);
      if (offer !== undefined) return { token, offerId: offer.offerId };
    }
  throw new Error('nobody was asked');
}

async function call<T>(url: string, method: string, path: string, token: string, body?: object): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
