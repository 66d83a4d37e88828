import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
inSkippedTime('stress', () => {
  test('queries', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    const booked = await (await stage.book(here, { offerTimeoutMs: 3_000_000, searchTimeoutMs: 9_000_000 })).start();
    await booked.liveOffer(1);
    let slow = 0; let worst = 0;
    const end = Date.now() + 100_000; let n = 0;
    while (Date.now() < end) {
      const t = performance.now();
      n += 1;
      if (n % 3 === 0) void booked.signal('nudge', {});
      const r = await Promise.race([booked.view().then(() => 'ok'), new Promise((r) => setTimeout(() => r('late'), 8000))]);
      worst = Math.max(worst, performance.now() - t);
      if (r === 'late') { slow += 1; console.log('late query', n, (await booked.history()).slice(-6).map((e) => e.eventType));
        const s = await stage.ground.advanceTo((await stage.ground.now()) + 60_000).then(() => 'skips', (e) => String(e)); console.log(s); break; }
    }
    console.log({ n, slow, worst });
  }, 200_000);
});
