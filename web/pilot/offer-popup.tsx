import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Offer } from '../../contract/shapes.js';
import { TEXT_LIMITS } from '../../contract/limits.js';
import type { PagesConfig } from '../../contract/page-shapes.js';
import { msUntil } from '../door/clock.js';
import { Button, Field } from '../kit/controls.js';
import { Dialog } from '../kit/dialog.js';
import { distance } from '../kit/format.js';
import { Map, type MapMarker } from '../kit/map.js';
import { Ring } from '../kit/ring.js';
import { PaymentCard } from '../kit/surfaces.js';
import { useTicking } from '../kit/ticking.js';
import { Alerts } from './alerts.js';
import { isUrgent } from './countdown.js';
import { PackageLine, Route } from './route.js';
import type { Shift } from './shift.js';

const TICK_MS = 200;

interface Given {
  shift: Shift;
  offer: Offer;
  config: PagesConfig;
}

/** An offer over everything else, until it is answered or over. */
export function OfferPopup({ shift, offer, config }: Given) {
  useTicking(TICK_MS);
  const leftMs = Math.max(0, msUntil(offer.expiresAt));
  const urgent = isUrgent(leftMs);
  useEffect(() => void shift.shown(offer), [offer.offerId]);
  useEffect(() => {
    if (leftMs <= 0) shift.timeUp(offer);
  }, [leftMs <= 0]);
  return (
    <Dialog
      alert
      class={`offer-popup ${urgent ? 'offer-urgent' : ''}`}
      title={
        <>
          New offer <span class="text-small offer-number">{offer.bookingNumber}</span>
        </>
      }
    >
      <Alerts />
      <div class="offer-head" tabIndex={-1} autofocus>
        <Ring left={leftMs / 1000} whole={offer.totalSeconds} label="seconds to respond" urgent={urgent} />
        <dl class="offer-facts">
          <div>
            <dt class="text-caption soft">To pickup</dt>
            <dd class="text-title text-number">{distance(offer.distanceKm)}</dd>
          </div>
          <div>
            <dt class="text-caption soft">Trip</dt>
            <dd class="text-title text-number">{distance(offer.tripKm)}</dd>
          </div>
        </dl>
      </div>
      <p class="visually-hidden" role="status">
        {urgent ? '10 seconds left to respond' : ''}
      </p>
      <PaymentCard payment={offer.payment} />
      <Route pickup={offer.pickup} dropoff={offer.dropoff} />
      <PackageLine content={offer.package} />
      <OfferMap offer={offer} shift={shift} config={config} />
      <OfferAnswer shift={shift} offer={offer} />
    </Dialog>
  );
}

function OfferMap({ shift, offer, config }: Given) {
  const me = shift.position.place.value;
  const markers = useMemo(
    (): MapMarker[] => [
      ...(me === null ? [] : [{ id: 'me', at: me, kind: 'me' as const, label: 'You' }]),
      { id: 'pickup', at: offer.pickup, kind: 'pickup', label: 'Pickup', pulse: true },
      { id: 'dropoff', at: offer.dropoff, kind: 'dropoff', label: 'Drop-off' },
    ],
    [me, offer],
  );
  return (
    <Map
      config={config}
      label="Map of the route"
      center={offer.pickup}
      markers={markers}
      route={[offer.pickup, offer.dropoff]}
      fit
      class="offer-map"
    />
  );
}

function OfferAnswer({ shift, offer }: Omit<Given, 'config'>) {
  const [reason, setReason] = useState('');
  const busy = shift.busy.value;
  return (
    <>
      <details class="offer-reason">
        <summary class="text-small">Say why you decline (optional)</summary>
        <Field label="Reason">
          {(wiring) => (
            <input
              {...wiring}
              class="input"
              maxLength={TEXT_LIMITS.reason}
              autocomplete="off"
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
      </details>
      <div class="dialog-actions offer-actions">
        <Button
          tone="error"
          icon="cross"
          busy={busy === 'decline'}
          disabled={busy === 'accept'}
          onClick={() => void shift.decline(offer, reason)}
        >
          Decline
        </Button>
        <Button
          tone="success"
          look="solid"
          icon="check"
          busy={busy === 'accept'}
          disabled={busy === 'decline'}
          onClick={() => void shift.accept(offer)}
        >
          Accept
        </Button>
      </div>
    </>
  );
}
