/** A Temporal that only remembers what it was told, and can be away. */
import {
  TemporalUnavailableError,
  type AssignmentClient,
} from '../../src/assignment-client/assignment-client.js';

export class PretendTemporal {
  /** `start <bookingId>` or `<signal> <bookingId>`, in the order in which they came. */
  readonly told: string[] = [];
  readonly open = new Set<string>();
  /** Bookings whose workflow ended by force. */
  broken: string[] = [];
  away = false;
  /** Called with each message before it counts. */
  onCall: (message: string) => Promise<void> = () => Promise.resolve();

  /** As the relay and the reconciler know it. */
  get client(): AssignmentClient {
    const pretend = {
      start: async ({ bookingId }: { bookingId: string }) => {
        await this.answer(`start ${bookingId}`);
        this.open.add(bookingId);
        return 'running';
      },
      signal: async (bookingId: string, name: string) => {
        await this.answer(`${name} ${bookingId}`);
        return this.open.has(bookingId) ? 'sent' : 'gone';
      },
      brokenSince: async () => {
        await this.answer();
        return this.broken;
      },
      listedOpen: async (bookingIds: string[]) => {
        await this.answer();
        return new Set(bookingIds.filter((bookingId) => this.open.has(bookingId)));
      },
      isOpen: async (bookingId: string) => {
        await this.answer();
        return this.open.has(bookingId);
      },
    };
    return pretend as unknown as AssignmentClient;
  }

  /** What was told of one booking. */
  of(bookingId: string): string[] {
    return this.told.filter((one) => one.endsWith(bookingId)).map((one) => one.split(' ')[0] ?? '');
  }

  private async answer(message?: string): Promise<void> {
    if (message !== undefined) await this.onCall(message);
    if (this.away) throw new TemporalUnavailableError('away');
    if (message !== undefined) this.told.push(message);
  }
}
