import { row, rows, type Manager } from '../query.js';

export interface VehicleTypeRow {
  id: string;
  name: string;
  paused_at: Date | null;
  paused_by: string | null;
}

/** All vehicle types, by id, with those that are paused. */
export function vehicleTypesWithPauses(manager: Manager): Promise<VehicleTypeRow[]> {
  return rows(manager, 'SELECT id, name, paused_at, paused_by FROM vehicle_types ORDER BY id');
}

/** Is dispatch for a vehicle type paused? */
export async function isPaused(manager: Manager, id: string): Promise<boolean> {
  const found = await row(manager, 'SELECT 1 FROM vehicle_types WHERE id = $1 AND paused_at IS NOT NULL', [
    id,
  ]);
  return found !== null;
}

/** Locks a vehicle type against another pause or resume; bookings and pilots may still name it. Null: none. */
export function lockVehicleType(manager: Manager, id: string): Promise<VehicleTypeRow | null> {
  return row(
    manager,
    'SELECT id, name, paused_at, paused_by FROM vehicle_types WHERE id = $1 FOR NO KEY UPDATE',
    [id],
  );
}

/** Pauses for `by`, or resumes where it is null. The caller holds the lock. */
export async function setPaused(manager: Manager, id: string, by: string | null): Promise<VehicleTypeRow> {
  const changed = await row<VehicleTypeRow>(
    manager,
    `UPDATE vehicle_types SET paused_by = $2, paused_at = CASE WHEN $2::text IS NULL THEN NULL ELSE clock_timestamp() END
     WHERE id = $1 RETURNING id, name, paused_at, paused_by`,
    [id, by],
  );
  return changed as VehicleTypeRow;
}

/** Bookings with a running search for a vehicle type, those first whose time is over soonest. */
export function searchesFor(manager: Manager, vehicleTypeId: string): Promise<{ booking_id: string }[]> {
  return rows(
    manager,
    `SELECT b.id AS booking_id FROM searches s JOIN bookings b ON b.id = s.booking_id AND b.search_no = s.search_no
     WHERE s.outcome IS NULL AND b.status = 'PENDING' AND b.vehicle_type_id = $1 ORDER BY s.ends_at LIMIT 2000`,
    [vehicleTypeId],
  );
}
