import { serverNowMs } from '../door/clock.js';
import { minutes } from '../kit/format.js';
import { useTicking } from '../kit/ticking.js';
import { CancelButton } from './cancel.js';
import type { Desk } from './desk.js';
import type { Follower } from './follower.js';

export function Finding({ desk, follower }: { desk: Desk; follower: Follower }) {
  const { asked, searchStartedAt } = follower.story.value;
  return (
    <>
      <dl class="facts">
        <div class="fact">
          <dt class="text-caption soft">Search time</dt>
          <dd class="text-title text-number search-timer">
            <SearchTimer since={searchStartedAt} />
          </dd>
        </div>
        <div class="fact">
          <dt class="text-caption soft">Drivers asked</dt>
          <dd class="text-title text-number drivers-asked">{asked}</dd>
        </div>
      </dl>
      <CancelButton desk={desk} follower={follower}>
        Cancel
      </CancelButton>
    </>
  );
}

/** Counts up from the search's start by the server's clock; zero before it has begun. */
function SearchTimer({ since }: { since: string | null }) {
  useTicking(250);
  return <span role="timer">{minutes(since === null ? 0 : serverNowMs() - Date.parse(since))}</span>;
}
