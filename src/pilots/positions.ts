import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { jobsOfPilots, upsertPositions, type PositionReport } from '../../database/statements/pilots.js';
import type { Location } from '../../contract/schemas.js';
import type { UserLiveEvents } from '../../contract/shapes.js';
import { userRoom } from '../../contract/rooms.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { NotFoundError } from '../../dispatch/errors.js';
import { toLocation } from '../../dispatch/views.js';
import { DISPATCH } from '../config/providers.js';

/** A position waits this long for others to be written with it, or until the batch before it is written. */
const GATHER_MS = 5;
/** Rows that one statement holds locked at most: after a stall thousands may wait. */
const AT_ONCE = 1_000;

interface Waiting {
  report: PositionReport;
  done: () => void;
  failed: (error: unknown) => void;
}

/** Sends `booking:pilot_location` to a user's devices, on whichever process they are. */
export type TellLocation = (room: string, payload: UserLiveEvents['booking:pilot_location']) => void;

/**
 * Writes pilots' positions in batches, and tells the users whose pilot moved. One batch at a time: the next one gathers
 * meanwhile, so that batches grow with the load instead of running side by side, and a pilot's positions are written and
 * told in the order in which they came.
 */
@Injectable()
export class Positions {
  private waiting: Waiting[] = [];
  private writing = false;
  private tell: TellLocation = () => undefined;

  constructor(@Inject(DISPATCH) private readonly dispatch: DispatchContext) {}

  /** The sockets come up after the providers: they say here how users are told. */
  tellThrough(tell: TellLocation): void {
    this.tell = tell;
  }

  /** Resolves once the position is committed. Throws NotFoundError for an unknown pilot. */
  report(pilotId: string, location: Location): Promise<void> {
    const report: PositionReport = {
      pilotId,
      lat: location.lat,
      lng: location.lng,
      heading: location.heading ?? null,
      speedKph: location.speedKph ?? null,
    };
    return new Promise((done, failed) => {
      this.waiting.push({ report, done, failed });
      if (!this.writing) void this.writeAll();
    });
  }

  /** Writes until nothing waits. */
  private async writeAll(): Promise<void> {
    this.writing = true;
    await sleep(GATHER_MS);
    while (this.waiting.length > 0)
      await Promise.all([this.write(this.waiting.splice(0, AT_ONCE)), sleep(GATHER_MS)]);
    this.writing = false;
  }

  private async write(batch: Waiting[]): Promise<void> {
    // One statement cannot write a row twice: of several reports of one pilot the last counts.
    const latest = new Map(batch.map((one) => [one.report.pilotId, one.report]));
    try {
      const written = new Set(await upsertPositions(this.dispatch.source.manager, [...latest.values()]));
      for (const one of batch)
        if (written.has(one.report.pilotId)) one.done();
        else one.failed(new NotFoundError('no such pilot'));
    } catch (error) {
      for (const one of batch) one.failed(error);
      return;
    }
    await this.tellUsers(latest).catch(() => undefined);
  }

  /** Best effort: only the latest position matters, and the next one comes soon. */
  private async tellUsers(latest: Map<string, PositionReport>): Promise<void> {
    const jobs = await jobsOfPilots(this.dispatch.source.manager, [...latest.keys()]);
    for (const job of jobs) {
      const report = latest.get(job.pilot_id);
      if (report !== undefined) this.tell(userRoom(job.user_id), toLocation(job, report, job.now));
    }
  }
}
