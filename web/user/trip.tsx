import type { Booking } from '../../contract/shapes.js';
import { when } from '../kit/format.js';
import { Icon } from '../kit/icon.js';
import { Card, PaymentCard } from '../kit/surfaces.js';
import type { Desk } from './desk.js';

/** What was booked. */
export function Trip({ desk, booking }: { desk: Desk; booking: Booking }) {
  const { pickup, dropoff, package: parcel, note } = booking;
  return (
    <Card class="stack" label="Booking details">
      <Ends pickup={pickup.address} dropoff={dropoff.address} />
      <dl class="details text-small">
        <div>
          <dt class="soft">Number</dt>
          <dd>{booking.bookingNumber}</dd>
        </div>
        <div>
          <dt class="soft">Vehicle</dt>
          <dd>{desk.vehicleName(booking.vehicleTypeId)}</dd>
        </div>
        {parcel !== null && (
          <div>
            <dt class="soft">Package</dt>
            <dd>
              {parcel.description}
              {parcel.weightKg !== undefined && `, ${parcel.weightKg} kg`}
            </dd>
          </div>
        )}
        {note !== null && note !== '' && (
          <div>
            <dt class="soft">Note</dt>
            <dd>{note}</dd>
          </div>
        )}
        <div>
          <dt class="soft">Booked</dt>
          <dd>{when(booking.createdAt)}</dd>
        </div>
      </dl>
      <PaymentCard payment={booking.payment} cashWords="Cash on delivery" />
    </Card>
  );
}

/** From where to where. */
export function Ends({ pickup, dropoff }: { pickup: string; dropoff: string }) {
  return (
    <ul class="ends">
      <li class="row">
        <Icon name="pin" />
        <span class="grow">
          <span class="visually-hidden">Pickup: </span>
          {pickup}
        </span>
      </li>
      <li class="row">
        <Icon name="flag" />
        <span class="grow">
          <span class="visually-hidden">Drop-off: </span>
          {dropoff}
        </span>
      </li>
    </ul>
  );
}
