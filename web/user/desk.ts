/** What the user's screens share: the line with its events, the booking that is followed, the vehicle types. */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { BookingEvent, Page, VehicleType } from '../../contract/shapes.js';
import { wordsOf, type Api } from '../door/api.js';
import { hearServerTime } from '../door/clock.js';
import { Line } from '../door/line.js';
import type { Session } from '../door/session.js';
import { Follower } from './follower.js';
import { eventOf, type PilotLocation } from './story.js';
import { USER_EVENTS } from './story-words.js';

export class Desk {
  readonly api: Api;
  readonly line: Line;
  private followed: Follower | null = null;
  private readonly last = signal<BookingEvent | null>(null);
  private readonly connections = signal(0);
  readonly vehicles = signal<readonly VehicleType[]>([]);
  readonly vehiclesWrong = signal('');

  constructor(readonly session: Session) {
    this.api = session.api;
    this.line = new Line(session);
    for (const name of USER_EVENTS)
      this.line.on<Record<string, unknown>>(name, (payload) => this.hear(eventOf(name, payload)));
    this.line.on<PilotLocation>('booking:pilot_location', (location) => {
      hearServerTime(location.at);
      this.followed?.hearLocation(location);
    });
    this.line.onConnect(() => {
      this.connections.value += 1;
      void this.followed?.sync();
    });
    document.addEventListener('visibilitychange', this.look);
    void this.readVehicles();
  }

  /** The event that came last, of whichever booking. */
  get lastEvent(): ReadonlySignal<BookingEvent | null> {
    return this.last;
  }

  /** How often the line has come up. */
  get connected(): ReadonlySignal<number> {
    return this.connections;
  }

  /** Follows this booking and no other. */
  follow(bookingId: string): Follower {
    this.followed?.close();
    this.followed = new Follower(this.line, bookingId);
    return this.followed;
  }

  readonly readVehicles = async (): Promise<void> => {
    this.vehiclesWrong.value = '';
    try {
      this.vehicles.value = (await this.api.get<Page<VehicleType>>('/vehicle-types')).items;
    } catch (error) {
      this.vehiclesWrong.value = wordsOf(error);
    }
  };

  vehicleName(id: string): string {
    return this.vehicles.value.find((vehicle) => vehicle.id === id)?.name ?? id;
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.look);
    this.followed?.close();
    this.line.close();
  }

  private hear(event: BookingEvent | null): void {
    if (event === null) return;
    hearServerTime(event.at);
    this.last.value = event;
    this.followed?.hear(event);
  }

  private readonly look = (): void => {
    if (document.visibilityState === 'visible') void this.followed?.sync();
  };
}
