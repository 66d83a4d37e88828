import type { Offer } from '../../contract/shapes.js';
import { Icon } from '../kit/icon.js';

/** From where to where, one under the other. */
export function Route({ pickup, dropoff }: Pick<Offer, 'pickup' | 'dropoff'>) {
  return (
    <ol class="route" aria-label="Route">
      <li>
        <span class="route-dot route-from" aria-hidden="true" />
        <div>
          <p class="text-caption soft">Pickup</p>
          <p class="text-strong">{pickup.address}</p>
        </div>
      </li>
      <li>
        <span class="route-dot route-to" aria-hidden="true" />
        <div>
          <p class="text-caption soft">Drop-off</p>
          <p class="text-strong">{dropoff.address}</p>
        </div>
      </li>
    </ol>
  );
}

/** What is carried; nothing where nobody said. */
export function PackageLine({ content }: { content: Offer['package'] }) {
  if (content === null) return null;
  return (
    <p class="row text-small package-line">
      <Icon name="box" />
      <span class="grow">
        <span class="visually-hidden">Package: </span>
        {content.description}
        {content.weightKg !== undefined && <span class="soft"> · {content.weightKg} kg</span>}
      </span>
    </p>
  );
}
