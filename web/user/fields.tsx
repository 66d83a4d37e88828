import type { Signal } from '@preact/signals';
import { TEXT_LIMITS } from '../../contract/limits.js';
import { Button, Choice, Field } from '../kit/controls.js';
import { Card, Notice } from '../kit/surfaces.js';
import type { Filling } from './book.js';
import type { Desk } from './desk.js';
import { typedSpot, type End } from './draft.js';
import { placeOf } from './places.js';

export function PlaceField({
  end,
  label,
  filling: { draft, wrongs, set },
  choosing,
}: {
  end: End;
  label: string;
  filling: Filling;
  choosing: Signal<End>;
}) {
  return (
    <Field label={label} error={wrongs.value[end]}>
      {(wiring) => (
        <input
          {...wiring}
          class="input"
          list="known-places"
          placeholder="Address, or 45.50, -73.56"
          autocomplete="off"
          required
          maxLength={TEXT_LIMITS.address}
          value={draft.value[end].text}
          onFocus={() => (choosing.value = end)}
          onInput={(event) => set({ [end]: typedSpot(event.currentTarget.value) })}
          onBlur={() => {
            // A part of a name that says which is filled up.
            const place = placeOf(draft.value[end].text);
            if (place !== null && place.address !== draft.value[end].text && draft.value[end].at !== null)
              set({ [end]: typedSpot(place.address) });
          }}
        />
      )}
    </Field>
  );
}

export function VehicleField({ desk, filling: { draft, wrongs, set } }: { desk: Desk; filling: Filling }) {
  const wrong = desk.vehiclesWrong.value;
  return (
    <Card class="stack">
      {wrong !== '' && (
        <Notice tone="error" live>
          <p>The vehicles could not be read. {wrong}</p>
          <Button icon="retry" onClick={() => void desk.readVehicles()}>
            Try again
          </Button>
        </Notice>
      )}
      <Choice
        legend="Vehicle"
        options={desk.vehicles.value.map(({ id, name }) => ({ value: id, label: name }))}
        value={draft.value.vehicleTypeId}
        onChoose={(vehicleTypeId) => set({ vehicleTypeId })}
      />
      {wrongs.value.vehicleTypeId !== undefined && (
        <p class="text-caption field-error" role="alert">
          {wrongs.value.vehicleTypeId}
        </p>
      )}
    </Card>
  );
}

export function PackageFields({ filling: { draft, wrongs, set } }: { filling: Filling }) {
  const { description, weight, note } = draft.value;
  return (
    <Card class="stack">
      <div class="two-fields">
        <Field label="Package (optional)" error={wrongs.value.description}>
          {(wiring) => (
            <input
              {...wiring}
              class="input"
              maxLength={TEXT_LIMITS.description}
              placeholder="What is it?"
              value={description}
              onInput={(event) => set({ description: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Weight, kg" error={wrongs.value.weight}>
          {(wiring) => (
            <input
              {...wiring}
              class="input text-number"
              inputMode="decimal"
              maxLength={10}
              value={weight}
              onInput={(event) => set({ weight: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <Field label="Note to the driver (optional)" error={wrongs.value.note}>
        {(wiring) => (
          <textarea
            {...wiring}
            class="input"
            rows={2}
            maxLength={TEXT_LIMITS.note}
            value={note}
            onInput={(event) => set({ note: event.currentTarget.value })}
          />
        )}
      </Field>
    </Card>
  );
}

export function PaymentFields({ filling: { draft, wrongs, set } }: { filling: Filling }) {
  const { method, amount } = draft.value;
  return (
    <Card class="stack">
      <Choice
        legend="Payment"
        options={[
          { value: 'PREPAID', label: 'Prepaid', icon: 'card' },
          { value: 'COD', label: 'Cash on delivery', icon: 'cash' },
        ]}
        value={method}
        onChoose={(chosen) => set({ method: chosen })}
      />
      {method === 'COD' && (
        <Field
          label="Amount, CAD"
          error={wrongs.value.amount}
          hint="What the driver collects at the drop-off"
        >
          {(wiring) => (
            <input
              {...wiring}
              class="input text-number"
              inputMode="decimal"
              required
              maxLength={13}
              value={amount}
              onInput={(event) => set({ amount: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
    </Card>
  );
}
