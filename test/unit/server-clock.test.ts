// The server's clock as a page knows it: no phone's own clock may shorten or stretch a countdown.
import { isUrgent, secondsShown } from '../../web/pilot/countdown.js';

type Clock = typeof import('../../web/door/clock.js');

const SERVER = Date.parse('2026-03-01T12:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();
let clock: Clock;
let monotonicMs: number;

beforeEach(async () => {
  jest.resetModules();
  clock = await import('../../web/door/clock.js');
  monotonicMs = 5_000;
  jest.spyOn(performance, 'now').mockImplementation(() => monotonicMs);
});
afterEach(() => jest.restoreAllMocks());

it.each([
  ['an hour slow', -3_600_000],
  ['an hour fast', 3_600_000],
  ['right', 0],
])('counts right on a phone that is %s', (_name, wrongByMs) => {
  jest.spyOn(Date, 'now').mockImplementation(() => SERVER + wrongByMs + monotonicMs);
  clock.hearServerTime(iso(SERVER));
  const expiresAt = iso(SERVER + 30_000);
  expect(clock.msUntil(expiresAt)).toBe(30_000);
  monotonicMs += 12_345;
  expect(clock.msUntil(expiresAt)).toBe(17_655);
});

it('is not moved by a phone whose clock is set while an offer runs', () => {
  const device = jest.spyOn(Date, 'now').mockReturnValue(SERVER);
  clock.hearServerTime(iso(SERVER));
  device.mockReturnValue(SERVER + 86_400_000);
  monotonicMs += 1_000;
  expect(clock.msUntil(iso(SERVER + 30_000))).toBe(29_000);
});

it('takes the later reading: a message can be late, never early', () => {
  clock.hearServerTime(iso(SERVER));
  // Sent a second later, it took four more to come.
  monotonicMs += 5_000;
  clock.hearServerTime(iso(SERVER + 1_000));
  expect(clock.serverNowMs()).toBe(SERVER + 5_000);
  // The first one was two seconds late itself: a fresh one says so.
  monotonicMs += 1_000;
  clock.hearServerTime(iso(SERVER + 8_000));
  expect(clock.serverNowMs()).toBe(SERVER + 8_000);
});

it('is put right by the next message when the monotonic clock slept with the device', () => {
  clock.hearServerTime(iso(SERVER));
  monotonicMs += 100;
  clock.hearServerTime(iso(SERVER + 600_100));
  expect(clock.msUntil(iso(SERVER + 610_100))).toBe(10_000);
});

it('is the own clock of the device before anything was heard, and after what is no time', () => {
  jest.spyOn(Date, 'now').mockReturnValue(SERVER);
  expect(clock.serverNowMs()).toBe(SERVER);
  clock.hearServerTime('soon');
  expect(clock.serverNowMs()).toBe(SERVER);
});

it('says how long something has been over', () => {
  clock.hearServerTime(iso(SERVER));
  expect(clock.msUntil(iso(SERVER - 2_000))).toBe(-2_000);
});

it.each([
  [30_000, 30, false],
  [29_999, 30, false],
  [10_001, 11, false],
  [10_000, 10, true],
  [9_001, 10, true],
  [1, 1, true],
  [0, 0, true],
  [-500, 0, true],
])('with %i ms left it shows %i; red: %s', (leftMs, seconds, red) => {
  expect(secondsShown(leftMs)).toBe(seconds);
  expect(isUrgent(leftMs)).toBe(red);
});
