/** Races and faults that are tried again and again. */
import type { User, PilotActor } from './actors.js';
import { tried } from './counts.js';
import type { RowId } from './failure-rows.js';
import type { RestOptions } from './rest.js';

/** Plays a row's race or fault so often, one round after the other, and reports it. */
export async function inRounds(row: RowId, rounds: number, play: () => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await play();
  tried(row, rounds);
}

type Tap<T> = [User | PilotActor, (line: RestOptions) => Promise<T>];

/** Two taps that leave at the same moment, each over a line that was open before. */
export async function crossed<A, B>([one, tapOne]: Tap<A>, [other, tapOther]: Tap<B>): Promise<[A, B]> {
  const lines = [await one.line(), await other.line()] as const;
  const answers = await Promise.all([tapOne(lines[0]), tapOther(lines[1])]);
  for (const line of lines) line.over?.destroy();
  return answers;
}
