import { useEffect, useState } from 'preact/hooks';
import { greatCircleKm, type LatLng } from '../../contract/geo.js';
import type { Booking } from '../../contract/shapes.js';
import { JOB_STATUSES, RELEASABLE_STATUSES, isOneOf, type JobStatus } from '../../contract/words.js';
import { Button, CallButton, LinkButton } from '../kit/controls.js';
import { distance } from '../kit/format.js';
import { Avatar, Badge, Card, PaymentCard, Stepper } from '../kit/surfaces.js';
import { nextStep, stepOf } from './desk.js';
import { ReleaseDialog } from './release-dialog.js';
import { PackageLine, Route } from './route.js';
import type { Shift } from './shift.js';

const STEP_NAMES: Readonly<Record<JobStatus, string>> = {
  ASSIGNED: 'Assigned',
  ARRIVED: 'Arrived',
  PICKED_UP: 'Picked up',
  IN_TRANSIT: 'In transit',
  DELIVERED: 'Delivered',
};
const STEP_LABELS: Readonly<Record<JobStatus, string>> = {
  ASSIGNED: 'Assigned',
  ARRIVED: 'I have arrived',
  PICKED_UP: 'Picked up',
  IN_TRANSIT: 'Start the trip',
  DELIVERED: 'Delivered',
};

/** The job: where to go, what to take and collect, and the next step. */
export function JobCard({ shift, job }: { shift: Shift; job: Booking }) {
  const [givingBack, setGivingBack] = useState(false);
  useEffect(() => window.scrollTo({ top: 0 }), []);
  const next = nextStep(job);
  const releasable = isOneOf(RELEASABLE_STATUSES, job.status);
  return (
    <Card label="Your job" class="stack job-card">
      <div class="row">
        <h2 class="text-title grow cut">{job.bookingNumber}</h2>
        <Badge tone="success">{STEP_NAMES[JOB_STATUSES[stepOf(job)] ?? 'ASSIGNED']}</Badge>
      </div>
      <Stepper
        label="Steps of the job"
        steps={JOB_STATUSES.map((status) => STEP_NAMES[status])}
        current={stepOf(job)}
      />
      <NextStop job={job} me={shift.position.place.value} />
      <PaymentCard payment={job.payment} />
      {next !== null && (
        <Button
          wide
          tone="primary"
          look="solid"
          class="job-next"
          icon={next === 'DELIVERED' ? 'flag' : 'check'}
          busy={shift.busy.value === 'step'}
          onClick={() => void shift.step(job, next)}
        >
          {STEP_LABELS[next]}
        </Button>
      )}
      <Customer job={job} />
      <details class="job-more">
        <summary class="text-small text-strong">Route and package</summary>
        <div class="stack">
          <Route pickup={job.pickup} dropoff={job.dropoff} />
          <PackageLine content={job.package} />
        </div>
      </details>
      {job.note !== null && job.note !== '' && (
        <div class="job-note text-small">
          <p class="text-caption soft">Note</p>
          <p>{job.note}</p>
        </div>
      )}
      {releasable && (
        <Button wide tone="error" onClick={() => setGivingBack(true)}>
          Give the job back
        </Button>
      )}
      {givingBack && releasable && (
        <ReleaseDialog shift={shift} job={job} onDone={() => setGivingBack(false)} />
      )}
    </Card>
  );
}

function NextStop({ job, me }: { job: Booking; me: LatLng | null }) {
  const toPickup = stepOf(job) < JOB_STATUSES.indexOf('PICKED_UP');
  const stop = toPickup ? job.pickup : job.dropoff;
  const name = toPickup ? 'Pickup' : 'Drop-off';
  return (
    <div class="next-stop stack-tight">
      <p class="text-caption soft">
        {name}
        {me !== null && ` · ${distance(greatCircleKm(me, stop))} from you`}
      </p>
      <p class="text-heading">{stop.address}</p>
      <LinkButton
        icon="navigate"
        href={`https://www.google.com/maps/dir/?api=1&destination=${stop.lat},${stop.lng}`}
        target="_blank"
        rel="noopener"
        class="button-soft tone-info next-stop-link"
        aria-label={`Navigate to the ${name.toLowerCase()}, in a new tab`}
      >
        Navigate
      </LinkButton>
    </div>
  );
}

function Customer({ job }: { job: Booking }) {
  if (job.user === undefined) return null;
  const { name, phone } = job.user;
  return (
    <div class="row">
      <Avatar name={name} src={null} size={44} />
      <div class="grow">
        <p class="text-caption soft">Customer</p>
        <p class="text-strong cut">{name}</p>
      </div>
      {phone !== undefined && <CallButton phone={phone} name={name} />}
    </div>
  );
}
