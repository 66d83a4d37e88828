import { memo } from './memo.js';
import { timeOfDay } from '../kit/format.js';
import { Badge, Card } from '../kit/surfaces.js';
import type { Desk } from './desk.js';
import { keyOf } from './feed.js';
import type { FeedItem } from './feed.js';
import { eventWords, messageOf } from './words.js';

/** What happens, newest first. */
export function FeedList({ desk }: { desk: Desk }) {
  const items = desk.feed.value;
  return (
    <Card class="panel feed">
      <h2 class="text-heading panel-title" id="feed-title">
        Events
      </h2>
      {items.length === 0 ? (
        <p class="soft text-small panel-empty">Nothing has happened yet.</p>
      ) : (
        <div class="feed-scroll" tabIndex={0} role="region" aria-labelledby="feed-title">
          <ol class="feed-items">
            {items.map((item) => (
              <FeedRow key={keyOf(item)} item={item} desk={desk} />
            ))}
          </ol>
        </div>
      )}
    </Card>
  );
}

const FeedRow = memo(({ item, desk }: { item: FeedItem; desk: Desk }) => {
  const { words, tone } = eventWords(item.event);
  const message = messageOf(item);
  return (
    <li class="feed-item">
      <div class="row">
        <Badge tone={tone}>{words}</Badge>
        <time class="soft text-caption text-number feed-time" dateTime={item.at}>
          {timeOfDay(item.at)}
        </time>
      </div>
      <p class="text-small feed-message">
        <button
          type="button"
          class="plain-link text-strong"
          onClick={() => (desk.selected.value = item.bookingId)}
        >
          {item.bookingNumber}
        </button>
        {message !== '' && ` ${message}`}
      </p>
    </li>
  );
});
