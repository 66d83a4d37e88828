import { useEffect, useMemo, useRef } from 'preact/hooks';
import { LinkButton } from '../kit/controls.js';
import { Map, type MapMarker } from '../kit/map.js';
import { Badge, Card, Notice } from '../kit/surfaces.js';
import { CancelButton } from './cancel.js';
import type { Desk } from './desk.js';
import { Ended } from './ended.js';
import { Failed } from './failed.js';
import { Finding } from './finding.js';
import type { Follower } from './follower.js';
import { BOOK, BOOKINGS } from './routes.js';
import type { Phase, Story } from './story.js';
import { DriverCard, JobSteps, trackingHeading } from './tracking.js';
import { Trip } from './trip.js';

export function BookingScreen({ desk, id }: { desk: Desk; id: string }) {
  const follower = useMemo(() => desk.follow(id), [desk, id]);
  useEffect(() => () => follower.close(), [follower]);
  const story = follower.story.value;
  const heading = headingOf(story);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The button that was tapped is gone: the keyboard goes on here.
    if (document.activeElement === document.body) title.current?.focus({ preventScroll: true });
  }, [story.phase]);
  useEffect(() => {
    document.title = `${heading} · Pilot dispatch`;
  }, [heading]);
  if (follower.missing.value && story.booking === null) return <Missing />;
  return (
    <div class="stack">
      <StoryMap desk={desk} story={story} />
      <Card class="stack" label="Status">
        <div class="stack-tight">
          <h2 ref={title} class="text-title" tabIndex={-1}>
            {heading}
          </h2>
          <p aria-live="polite" class="status-message soft">
            {story.message}
          </p>
        </div>
        <PhaseBody desk={desk} follower={follower} story={story} />
      </Card>
      {story.phase === 'tracking' && (
        <Card label="Progress">
          <JobSteps status={story.status} />
        </Card>
      )}
      {story.booking !== null && <Trip desk={desk} booking={story.booking} />}
      {story.unreachableSince === null && <CancelBeforePickup desk={desk} follower={follower} />}
    </div>
  );
}

function headingOf(story: Story): string {
  const words: Record<Exclude<Phase, 'tracking'>, string> = {
    loading: 'Loading your booking…',
    finding: 'Finding a driver',
    failed: 'No driver found',
    delivered: 'Delivered',
    cancelled: 'Booking cancelled',
    expired: 'Booking expired',
  };
  return story.phase === 'tracking' ? trackingHeading(story.status) : words[story.phase];
}

function PhaseBody({ desk, follower, story }: { desk: Desk; follower: Follower; story: Story }) {
  switch (story.phase) {
    case 'loading':
      return null;
    case 'finding':
      return <Finding desk={desk} follower={follower} />;
    case 'failed':
      return <Failed desk={desk} follower={follower} />;
    case 'tracking':
      return (
        <>
          <DriverCard story={story} />
          {story.unreachableSince !== null && (
            <>
              <Notice tone="warning" icon="wifiOff">
                <p class="text-strong">We cannot reach your driver.</p>
                <p class="text-small">You may wait a little, call, or cancel the booking.</p>
              </Notice>
              <CancelBeforePickup desk={desk} follower={follower} />
            </>
          )}
        </>
      );
    default:
      return <Ended story={story} />;
  }
}

function CancelBeforePickup({ desk, follower }: { desk: Desk; follower: Follower }) {
  const { status } = follower.story.value;
  return status === 'ASSIGNED' || status === 'ARRIVED' ? (
    <CancelButton desk={desk} follower={follower}>
      Cancel Booking
    </CancelButton>
  ) : null;
}

function StoryMap({ desk, story }: { desk: Desk; story: Story }) {
  const { booking, phase, location } = story;
  if (booking === null) return <div class="user-map user-map-empty" aria-hidden="true" />;
  const { pickup, dropoff } = booking;
  const markers: MapMarker[] = [
    { id: 'pickup', at: pickup, kind: 'pickup', label: 'Pickup', pulse: phase === 'finding' },
    { id: 'dropoff', at: dropoff, kind: 'dropoff', label: 'Drop-off' },
  ];
  if (phase === 'tracking' && location !== null)
    markers.push({ id: 'pilot', at: location, kind: 'pilot', label: story.pilot?.name ?? 'Driver' });
  return (
    <Map
      config={desk.session.config}
      label="Map of your booking"
      class="user-map"
      center={pickup}
      markers={markers}
      route={[pickup, dropoff]}
      fit
    />
  );
}

function Missing() {
  return (
    <Card class="stack">
      <Badge tone="warning">Not found</Badge>
      <h2 class="text-title">There is no such booking of yours</h2>
      <p class="soft">It may be of somebody else, or the address may be mistyped.</p>
      <div class="actions">
        <LinkButton href={BOOKINGS} icon="list" class="button-soft tone-plain">
          My bookings
        </LinkButton>
        <LinkButton href={BOOK} icon="plus" class="button-soft tone-primary">
          Book a pickup
        </LinkButton>
      </div>
    </Card>
  );
}
