const RADIUS = 44;
const ROUND = 2 * Math.PI * RADIUS;

/** What is left of a whole, as a ring with a number in it. `left` and `whole` are in one unit. */
export function Ring({
  left,
  whole,
  label,
  urgent,
}: {
  left: number;
  whole: number;
  label: string;
  urgent: boolean;
}) {
  const part = whole <= 0 ? 0 : Math.min(1, Math.max(0, left / whole));
  return (
    <div
      class={`ring ${urgent ? 'ring-urgent' : ''}`}
      role="timer"
      aria-label={`${Math.ceil(left)} ${label}`}
    >
      <svg viewBox="0 0 100 100" aria-hidden="true" focusable="false">
        <circle class="ring-whole" cx="50" cy="50" r={RADIUS} />
        <circle
          class="ring-left"
          cx="50"
          cy="50"
          r={RADIUS}
          stroke-dasharray={ROUND}
          stroke-dashoffset={ROUND * (1 - part)}
        />
      </svg>
      <span class="ring-number text-display text-number">{Math.ceil(left)}</span>
      <span class="ring-label text-caption">{label}</span>
    </div>
  );
}
