/** The people of a test. Each keeps what he received; each speaks through the public doors only. */
import { randomUUID } from 'node:crypto';
import type { AcceptAnswer, Assignment, Booking, BookingEvent, Offer, Pilot } from '../../contract/shapes.js';
import type { JobStatus, TokenType } from '../../contract/words.js';
import type { LatLng } from '../../contract/geo.js';
import { call, openLine, type Reply, type RestOptions } from './rest.js';
import { RecordedSocket, type Arrival, type SocketChoice } from './sockets.js';
import { signToken } from './tokens.js';
import { eventually, PATIENCE_MS } from './waiting.js';

/** Where the APIs are; an actor asks anew at each call, since an API may have moved. */
export type Doors = { url: (index?: number) => string };

abstract class Actor {
  readonly sockets: RecordedSocket[] = [];
  /** Which API he speaks to. */
  door = 0;

  constructor(
    readonly doors: Doors,
    readonly id: string,
    readonly name: string,
    readonly token: string,
  ) {}

  request<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options: RestOptions = {},
  ): Promise<Reply<T>> {
    const given = body === undefined ? {} : { body };
    return call<T>(this.doors.url(this.door), method, path, { token: this.token, ...given, ...options });
  }

  /** As `request`, and the status must be this one. */
  async expect<T = Record<string, unknown>>(
    status: number,
    method: string,
    path: string,
    body?: unknown,
    options: RestOptions = {},
  ): Promise<T> {
    const reply = await this.request<T>(method, path, body, options);
    if (reply.status !== status)
      throw new Error(`${method} ${path}: ${reply.status} instead of ${status}: ${reply.text}`);
    return reply.body;
  }

  /** Opens one more connection, by another device. */
  async connect(choice: SocketChoice = {}): Promise<RecordedSocket> {
    const socket = await RecordedSocket.open(this.doors.url(this.door), this.token, choice);
    this.sockets.push(socket);
    return socket;
  }

  /** His first connection. */
  get socket(): RecordedSocket {
    const [first] = this.sockets;
    if (first === undefined) throw new Error(`${this.name} is not connected`);
    return first;
  }

  /** The first arrival of an event at any of his devices, now or later. */
  hears(
    event: string,
    fits: (payload: Record<string, unknown>) => boolean = () => true,
    withinMs = PATIENCE_MS,
  ): Promise<Arrival> {
    return eventually(
      `${this.name} to hear ${event}`,
      () => {
        const heard = this.sockets.flatMap((one) => one.arrivals);
        const found = heard.find((one) => one.event === event && fits(one.payload));
        if (found !== undefined) return found;
        const closings = this.sockets.flatMap((one) => one.closings);
        throw new Error(`${heard.map((one) => one.event).join(', ')}; closed: ${closings.join(', ')}`);
      },
      withinMs,
    );
  }

  /** For calls that must leave at the same moment as others: a connection that is open already. */
  async line(): Promise<RestOptions> {
    return { over: await openLine(this.doors.url(this.door)) };
  }

  leave(): void {
    for (const socket of this.sockets) socket.close();
  }
}

export type BookingBody = Record<string, unknown>;

/** What a user asks for, at a place. */
export function bookingAt(place: LatLng, more: BookingBody = {}): BookingBody {
  return {
    pickup: { ...place, address: '1 Pickup Street' },
    dropoff: { lat: place.lat + 0.03, lng: place.lng + 0.02, address: '2 Dropoff Street' },
    vehicleTypeId: 'bike',
    ...more,
  };
}

export class User extends Actor {
  book(place: LatLng, more: BookingBody = {}, headers: Record<string, string> = {}): Promise<Booking> {
    return this.expect<Booking>(201, 'POST', '/bookings', bookingAt(place, more), { headers });
  }

  booking(id: string): Promise<Booking> {
    return this.expect<Booking>(200, 'GET', `/bookings/${id}`);
  }

  assignment(id: string): Promise<Assignment> {
    return this.expect<Assignment>(200, 'GET', `/bookings/${id}/assignment`);
  }

  events(id: string, after = 0): Promise<BookingEvent[]> {
    return this.expect<BookingEvent[]>(200, 'GET', `/bookings/${id}/events?after=${after}`);
  }

  async eventNames(id: string): Promise<string[]> {
    return (await this.events(id)).map((one) => one.event.replace('booking:', ''));
  }

  /** The first stored event of this name, now or later. */
  event(id: string, name: string, withinMs = PATIENCE_MS, nth = 1): Promise<BookingEvent> {
    return eventually(
      `the event ${name} of ${id}`,
      async () => (await this.events(id)).filter((one) => one.event === name)[nth - 1],
      withinMs,
    );
  }

  cancel(id: string, body: object = {}, options: RestOptions = {}): Promise<Reply<Booking>> {
    return this.request<Booking>('POST', `/bookings/${id}/cancel`, body, options);
  }

  retry(id: string): Promise<Reply> {
    return this.request('POST', `/bookings/${id}/retry-assignment`, {});
  }
}

export class PilotActor extends Actor {
  async setOnline(online: boolean): Promise<Pilot> {
    return this.expect<Pilot>(200, 'PUT', '/pilots/me/availability', { online });
  }

  async moveTo(place: LatLng): Promise<void> {
    await this.expect(204, 'PUT', '/pilots/me/location', place);
  }

  offers(): Promise<Offer[]> {
    return this.expect<Offer[]>(200, 'GET', '/pilots/me/offers');
  }

  /** The offer of a booking, as it reaches his phone. */
  async offered(bookingId: string, withinMs = PATIENCE_MS): Promise<Offer> {
    const arrival = await this.hears('booking:offer', (one) => one['bookingId'] === bookingId, withinMs);
    return arrival.payload as unknown as Offer;
  }

  accept(offerId: string, options: RestOptions = {}): Promise<Reply<AcceptAnswer & { code?: string }>> {
    return this.request('POST', `/offers/${offerId}/accept`, {}, options);
  }

  decline(offerId: string, options: RestOptions = {}): Promise<Reply<{ outcome: string; code?: string }>> {
    return this.request('POST', `/offers/${offerId}/decline`, {}, options);
  }

  step(bookingId: string, status: JobStatus): Promise<Reply<Booking & { code?: string }>> {
    return this.request('POST', `/jobs/${bookingId}/status`, { status });
  }

  release(bookingId: string): Promise<Reply<Booking & { code?: string }>> {
    return this.request('POST', `/jobs/${bookingId}/release`, { reason: 'flat tyre' });
  }
}

export class Operator extends Actor {
  async watch(): Promise<RecordedSocket> {
    const socket = await this.connect();
    const answer = await socket.ask('admin:subscribe_assignments');
    if (answer['ok'] !== true) throw new Error(`not subscribed: ${JSON.stringify(answer)}`);
    return socket;
  }
}

export interface PilotChoice {
  name?: string;
  phone?: string;
  vehicleTypeId?: string;
  at?: LatLng;
  /** Connected, at his place and online: ready to be asked. */
  ready?: boolean;
}

/** Makes people, each new and unknown to every other test. */
export class Cast {
  private readonly all: Actor[] = [];
  private operatorActor: Operator | undefined;

  constructor(readonly doors: Doors) {}

  async user(choice: { name?: string; phone?: string; connected?: boolean } = {}): Promise<User> {
    const user = await this.make(User, 'user', randomUUID(), choice);
    if (choice.connected !== false) await user.connect();
    return user;
  }

  async operator(): Promise<Operator> {
    this.operatorActor ??= await this.make(Operator, 'admin', randomUUID(), { name: 'Operator' });
    return this.operatorActor;
  }

  /** A pilot; with a place he is connected, there and online, unless told otherwise. */
  async pilot(choice: PilotChoice = {}): Promise<PilotActor> {
    const { name = 'Pilot', phone = '+15145550111', vehicleTypeId = 'bike', at } = choice;
    const operator = await this.operator();
    const made = await operator.expect<Pilot>(201, 'POST', '/admin/pilots', { name, phone, vehicleTypeId });
    const pilot = await this.make(PilotActor, 'pilot', made.id, { name, phone });
    if (at === undefined) return pilot;
    await pilot.moveTo(at);
    if (choice.ready === false) return pilot;
    await pilot.connect();
    await pilot.setOnline(true);
    return pilot;
  }

  /** Closes every connection. */
  leave(): void {
    for (const actor of this.all) actor.leave();
  }

  private async make<A extends Actor>(
    kind: new (doors: Doors, id: string, name: string, token: string) => A,
    type: TokenType,
    sub: string,
    choice: { name?: string; phone?: string },
  ): Promise<A> {
    const { name = `Test ${type}`, phone } = choice;
    const token = await signToken({ sub, type, name, ...(phone === undefined ? {} : { phone }) });
    const actor = new kind(this.doors, sub, name, token);
    this.all.push(actor);
    return actor;
  }
}
