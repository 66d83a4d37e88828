// A worker lives while its polls move on, however long the server lets one wait.
import { PollerWatch } from '../../src/assignment-client/poller-watch.js';

const AGES_AGO_MS = 1_700_000_000_000;

/** Looks once a second, for as long; a poll moves on every `everyS` seconds until `diesAtS`. Answers when it is missed. */
function missedAfterS(everyS: number, diesAtS: number, lookForS: number): number | null {
  const watch = new PollerWatch();
  for (let s = 0; s < lookForS; s += 1) {
    const polledAtS = Math.floor(Math.min(s, diesAtS) / everyS) * everyS;
    const nowMs = AGES_AGO_MS + s * 1000;
    if (!watch.look(AGES_AGO_MS + polledAtS * 1000, s * 1000, nowMs)) return s - diesAtS;
  }
  return null;
}

test('with polls of two seconds a worker that died is missed in some ten', () => {
  expect(missedAfterS(2, 60, 600)).toBeGreaterThanOrEqual(9);
  expect(missedAfterS(2, 60, 600)).toBeLessThanOrEqual(11);
});

test('with polls of a minute a worker that lives is never missed, and one that died within 75 s', () => {
  expect(missedAfterS(60, 3_600, 3_600)).toBeNull();
  const missed = missedAfterS(60, 600, 3_600);
  expect(missed).toBeGreaterThan(15);
  expect(missed).toBeLessThanOrEqual(76);
});

test('nobody listed is nobody there; who comes is there at once, and what was missed meanwhile is no pause between polls', () => {
  const watch = new PollerWatch();
  const look = (newestMs: number | null, atMs: number) => watch.look(newestMs, atMs, atMs);
  expect(look(null, 0)).toBe(false);
  expect(look(1_000, 1_000)).toBe(true);
  expect(look(3_000, 3_000)).toBe(true);
  expect(look(3_000, 300_000)).toBe(false);
  expect(look(301_000, 301_000)).toBe(true);
  expect(look(301_000, 310_000)).toBe(true);
  expect(look(301_000, 312_000)).toBe(false);
});

test('a poll that is older than any may be when it is first seen is of a dead worker, until it moves', () => {
  const watch = new PollerWatch();
  const look = (pollAgoMs: number, atMs: number) =>
    watch.look(AGES_AGO_MS + atMs - pollAgoMs, atMs, AGES_AGO_MS + atMs);
  expect(look(200_000, 0)).toBe(false);
  expect(look(201_000, 1_000)).toBe(false);
  expect(look(0, 2_000)).toBe(true);
  expect(look(1_000, 3_000)).toBe(true);
});
