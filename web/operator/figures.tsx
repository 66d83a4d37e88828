import type { Tone } from '../kit/controls.js';
import { Icon, type IconName } from '../kit/icon.js';
import type { Desk } from './desk.js';

/** The four figures that stand above all. */
export function Figures({ desk }: { desk: Desk }) {
  const stats = desk.stats.value;
  const rate = stats?.successRate ?? null;
  return (
    <section aria-label="Figures">
      <dl class="figures">
        <Figure icon="box" name="Pending bookings" tone="primary" value={stats?.pendingBookings} />
        <Figure icon="search" name="Active assignments" tone="info" value={stats?.activeAssignments} />
        <Figure icon="alert" name="Failed assignments" tone="error" value={stats?.failedAssignments} />
        <Figure
          icon="check"
          name="Success rate"
          tone="success"
          value={rate === null ? undefined : `${(rate * 100).toFixed(rate === 1 ? 0 : 1)}%`}
        />
      </dl>
    </section>
  );
}

function Figure({
  name,
  value,
  tone,
  icon,
}: {
  name: string;
  value: number | string | undefined;
  tone: Tone;
  icon: IconName;
}) {
  const shown = typeof value === 'number' ? value.toLocaleString() : (value ?? '–');
  return (
    <div class={`card figure tone-${tone}`}>
      <dt class="text-small soft">
        <span class="figure-icon">
          <Icon name={icon} />
        </span>
        {name}
      </dt>
      <dd class="text-display text-number">{shown}</dd>
    </div>
  );
}
