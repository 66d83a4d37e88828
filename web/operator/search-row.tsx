import { useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from '../kit/controls.js';
import { distance, minutes } from '../kit/format.js';
import { Icon, type IconName } from '../kit/icon.js';
import { Badge } from '../kit/surfaces.js';
import { greatCircleKm } from '../../contract/geo.js';
import type { Desk, Work } from './desk.js';
import { memo } from './memo.js';
import { elapsedOf, leftOf, mayAssign, mayCancel, mayRelease, mayRetry } from './searches.js';
import type { SearchView } from '../../contract/page-shapes.js';
import { STATUS_WORDS } from './words.js';

export interface RowProps {
  search: SearchView;
  desk: Desk;
  vehicle: string;
  selected: boolean;
  /** Counted from 1, the row of headings included. */
  position: number;
  /** Told before the row goes with the focus in it. */
  onFocusLost: () => void;
}

export const SearchRow = memo((props: RowProps) => {
  const { search, desk, vehicle, selected, position } = props;
  const row = useRef<HTMLTableRowElement>(null);
  useLayoutEffect(() => {
    const element = row.current;
    return () => {
      if (element?.contains(document.activeElement) === true) props.onFocusLost();
    };
  }, []);
  return (
    <tr
      ref={row}
      role="row"
      class={`search-row ${selected ? 'selected' : ''}`}
      aria-rowindex={position}
      {...(selected ? { 'aria-current': 'true' as const } : {})}
      onClick={() => (desk.selected.value = search.bookingId)}
    >
      <th role="rowheader" scope="row" class="cell-booking">
        <span class="text-small text-strong cut">{search.bookingNumber}</span>
        <span class="text-caption soft cut">{search.userName}</span>
      </th>
      <td role="cell" class="cell-trip">
        <span class="text-small cut">
          {vehicle} · {distance(greatCircleKm(search.pickup, search.dropoff))}
        </span>
        <span class="text-caption soft cut" title={`${search.pickup.address} → ${search.dropoff.address}`}>
          {search.pickup.address}
        </span>
      </td>
      <td role="cell" class="cell-asked text-small text-number">
        {search.triedPilots} <span class="only-narrow soft">asked</span>
      </td>
      <td role="cell" class="cell-time text-small text-number">
        <Elapsed search={search} desk={desk} />
      </td>
      <td role="cell" class="cell-state">
        <State search={search} desk={desk} />
      </td>
      <td role="cell" class="cell-actions">
        <Actions search={search} desk={desk} />
      </td>
    </tr>
  );
});

/** Reads the clock by itself, so that its tick renders no more than this. */
function Elapsed({ search, desk }: { search: SearchView; desk: Desk }) {
  const running = search.endedAt === null && search.startedAt !== null;
  const elapsed = elapsedOf(search, running ? desk.now.value : 0);
  return <>{elapsed === null ? 'waiting' : minutes(elapsed)}</>;
}

function Left({ expiresAt, desk }: { expiresAt: string; desk: Desk }) {
  return <>{Math.ceil(leftOf(expiresAt, desk.now.value) / 1000)} s</>;
}

function State({ search, desk }: { search: SearchView; desk: Desk }) {
  const { words, tone } = STATUS_WORDS[search.status];
  return (
    <>
      <span class="state-line">
        <Badge tone={tone}>{words}</Badge>
        {search.unreceivedOffers > 0 && (
          <span
            class="mark tone-warning text-caption"
            title="Offers that the pilot’s app did not say it had shown within 2.5 s"
          >
            <Icon name="wifiOff" size={14} />
            {search.unreceivedOffers} <span class="only-wide">unreceived</span>
          </span>
        )}
      </span>
      <span class="text-caption soft cut">
        {search.offer !== null ? (
          <>
            <Left expiresAt={search.offer.expiresAt} desk={desk} /> · {search.offer.pilotName}
          </>
        ) : (
          (search.reason ?? search.pilot?.name ?? '')
        )}
      </span>
    </>
  );
}

function Actions({ search, desk }: { search: SearchView; desk: Desk }) {
  const { bookingId, bookingNumber } = search;
  const action = (kind: Work, icon: IconName, words: string) => (
    <IconButton
      key={kind}
      icon={icon}
      label={`${words} ${bookingNumber}`}
      onClick={() => (desk.work.value = { kind, bookingId, bookingNumber })}
    />
  );
  return (
    <>
      {action('story', 'list', 'Story of')}
      {mayAssign(search) && action('assign', 'person', 'Assign a pilot to')}
      {mayRetry(search) && action('retry', 'retry', 'Search again for')}
      {mayRelease(search) && action('release', 'undo', 'Take the job back of')}
      {mayCancel(search) && action('cancel', 'cross', 'Cancel')}
      {search.workflowUrl !== null && (
        <a
          class="icon-button"
          href={search.workflowUrl}
          target="_blank"
          rel="noopener"
          aria-label={`Workflow of ${bookingNumber} in Temporal, new tab`}
          title="Workflow in Temporal"
        >
          <Icon name="link" />
        </a>
      )}
    </>
  );
}
