import type { ComponentChildren } from 'preact';
import type { PaymentView } from './format.js';
import { money } from './format.js';
import { Icon, type IconName } from './icon.js';
import type { Tone } from './controls.js';

export function Card({
  children,
  class: more = '',
  label,
}: {
  children: ComponentChildren;
  class?: string;
  /** Makes it a region of that name. */
  label?: string;
}) {
  return label === undefined ? (
    <div class={`card ${more}`}>{children}</div>
  ) : (
    <section class={`card ${more}`} aria-label={label}>
      {children}
    </section>
  );
}

/** How it is paid; what has to be taken in cash stands out. */
export function PaymentCard({
  payment,
  cashWords = 'Cash on delivery: collect',
}: {
  payment: PaymentView | null;
  /** What is said above an amount in cash. */
  cashWords?: string;
}) {
  if (payment?.method !== 'COD')
    return (
      <p class="row text-small">
        <Icon name="card" /> {payment === null ? 'No payment on delivery' : 'Prepaid'}
      </p>
    );
  return (
    <div class="cash-card row" role="group" aria-label="Cash on delivery">
      <Icon name="cash" size={28} />
      <div class="grow">
        <p class="text-small">{cashWords}</p>
        <p class="text-title text-number">{money(payment)}</p>
      </div>
    </div>
  );
}

/** A short message in a tone; `live` is read out when it appears. */
export function Notice({
  tone,
  icon,
  live = false,
  children,
}: {
  tone: Tone;
  icon?: IconName;
  live?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class={`notice tone-${tone}`} {...(live ? { role: 'status' } : {})}>
      {icon !== undefined && <Icon name={icon} />}
      <div class="grow">{children}</div>
    </div>
  );
}

/** A word in a tone: a state. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge tone-${tone} text-caption text-strong`}>{children}</span>;
}

/** Photo, or initials where there is none. */
export function Avatar({ name, src, size = 48 }: { name: string; src: string | null; size?: number }) {
  const initials = name
    .split(/\s+/)
    .map((word) => Array.from(word)[0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase();
  return src === null ? (
    <span class="avatar text-strong" style={{ width: `${size}px`, height: `${size}px` }} aria-hidden="true">
      {initials}
    </span>
  ) : (
    <img class="avatar" src={src} width={size} height={size} alt="" />
  );
}

/** The steps of something, with the one that is now. */
export function Stepper({
  label,
  steps,
  current,
}: {
  label: string;
  steps: readonly string[];
  /** Index of the step that is reached. */
  current: number;
}) {
  return (
    <ol class="stepper" aria-label={label}>
      {steps.map((step, index) => (
        <li
          key={step}
          class={index < current ? 'done' : index === current ? 'now' : ''}
          {...(index === current ? { 'aria-current': 'step' as const } : {})}
        >
          <span class="stepper-dot" aria-hidden="true">
            {index <= current && <Icon name="check" size={14} />}
          </span>
          <span class="text-small">{step}</span>
        </li>
      ))}
    </ol>
  );
}
