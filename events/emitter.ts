import type { Manager } from '../database/query.js';

/** One message to the sockets of one room, on whichever API process they are. */
export interface Emission {
  room: string;
  event: string;
  payload: Record<string, unknown>;
}

/**
 * How a change reaches the sockets: with the commit through Postgres, or right after it through Redis.
 * Best effort either way; the rows are the truth.
 */
export interface Emitter {
  /**
   * Called last in the transaction: has asked all its statements when it returns, since they travel with the commit. What
   * fails rolls the transaction back.
   */
  beforeCommit(manager: Manager, emissions: Emission[]): Promise<void>;
  /** Called after the commit. Never throws. */
  afterCommit(emissions: Emission[]): Promise<void>;
  close(): Promise<void>;
}
