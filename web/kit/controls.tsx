import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

export type Tone = 'primary' | 'success' | 'info' | 'warning' | 'error' | 'plain';

type ButtonProps = Omit<JSX.IntrinsicElements['button'], 'size' | 'icon' | 'class'> & {
  class?: string;
  tone?: Tone;
  /** `solid` for what the screen is for; `soft` for the rest. */
  look?: 'solid' | 'soft';
  icon?: IconName;
  /** As wide as its place. */
  wide?: boolean;
  /** Under way: it shows so and takes no second tap. */
  busy?: boolean;
  children?: ComponentChildren;
};

export function Button({ tone = 'plain', look = 'soft', icon, wide, busy, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`button button-${look} tone-${tone} ${wide === true ? 'wide' : ''} ${rest.class ?? ''}`}
      aria-busy={busy === true}
      onClick={busy === true ? undefined : rest.onClick}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button of an icon alone; `label` is its name. */
export function IconButton({ label, icon, ...rest }: ButtonProps & { label: string; icon: IconName }) {
  return (
    <button
      type="button"
      {...rest}
      class={`icon-button ${rest.class ?? ''}`}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A link that looks like a button: to call, to navigate. */
export function LinkButton({
  icon,
  children,
  class: more = '',
  ...rest
}: {
  href: string;
  icon: IconName;
  children: ComponentChildren;
  class?: string;
  target?: '_blank';
  rel?: string;
  'aria-label'?: string;
}) {
  return (
    <a {...rest} class={`button ${more}`}>
      <Icon name={icon} />
      {children}
    </a>
  );
}

/** The call button of a person with a phone. */
export function CallButton({ phone, name }: { phone: string; name: string }) {
  return (
    <LinkButton
      icon="phone"
      href={`tel:${phone.replaceAll(/[^+\d]/g, '')}`}
      class="button-call"
      aria-label={`Call ${name}`}
    >
      Call
    </LinkButton>
  );
}

interface FieldProps {
  label: string;
  /** What was wrong with it, in words; empty when nothing is. */
  error?: string | undefined;
  hint?: string;
  children: (wiring: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ComponentChildren;
}

/** A labelled field; the function gets what ties input, hint and error together. */
export function Field({ label, error = '', hint, children }: FieldProps) {
  const id = useId();
  const below = error !== '' ? error : hint;
  return (
    <div class="field">
      <label for={id} class="text-small text-strong">
        {label}
      </label>
      {children({
        id,
        ...(below === undefined ? {} : { 'aria-describedby': `${id}-below` }),
        ...(error === '' ? {} : { 'aria-invalid': true as const }),
      })}
      {below !== undefined && (
        <p id={`${id}-below`} class={`text-caption ${error !== '' ? 'field-error' : 'soft'}`}>
          {below}
        </p>
      )}
    </div>
  );
}

/** One of a few: a group of radio buttons that looks like a segmented control. */
export function Choice<T extends string>({
  legend,
  options,
  value,
  onChoose,
}: {
  legend: string;
  options: readonly { value: T; label: string; icon?: IconName }[];
  value: T;
  onChoose: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class="text-small text-strong">{legend}</legend>
      <div class="choice-options">
        {options.map((option) => (
          <label key={option.value} class="choice-option">
            <input
              type="radio"
              class="visually-hidden"
              name={name}
              checked={option.value === value}
              onChange={() => onChoose(option.value)}
            />
            {option.icon !== undefined && <Icon name={option.icon} />}
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** On or off. */
export function Switch({
  label,
  on,
  onChange,
  disabled = false,
}: {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        class="visually-hidden"
        checked={on}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span class="switch-track" aria-hidden="true" />
      <span class="text-strong">{label}</span>
    </label>
  );
}
