import { AWAY_FACTOR, roomFor } from '../../src/bookings/room.js';

const BOUND = 100;
const room = (waiting: number, begun = 0, temporalAway = false, medianWaitMs = 0): number =>
  roomFor({ waiting, begun, temporalAway, medianWaitMs }, BOUND);

describe('how many new bookings are taken until the next look (F30)', () => {
  it.each([
    ['nobody waits', room(0), 100],
    ['some wait', room(70, 30), 30],
    ['as many wait as may, and none begins', room(100), 0],
    ['as many wait as may, and some begin', room(100, 21), 10],
    ['more wait than may, as after a long time without Temporal: half of what begins', room(350, 40), 20],
  ])('%s', (_what, found, wanted) => expect(found).toBe(wanted));

  it('takes four times as many while Temporal is away, and no more', () => {
    expect(room(0, 0, true)).toBe(AWAY_FACTOR * BOUND);
    expect(room(399, 0, true)).toBe(1);
    expect(room(400, 0, true)).toBe(0);
    expect(room(5_000, 300, true)).toBe(0);
  });

  it('takes half of what begins when a line stands and half of it has waited five seconds', () => {
    expect(room(60, 21, false, 5_001)).toBe(10);
    expect(room(60, 21, false, 4_999)).toBe(40);
  });

  it('sends nobody away because a few wait for long', () => {
    expect(room(24, 0, false, 60_000)).toBe(76);
  });
});
