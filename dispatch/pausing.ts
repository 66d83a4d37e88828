import { inTransaction, type DispatchContext } from './context.js';
import {
  lockVehicleType,
  searchesFor,
  setPaused,
  vehicleTypesWithPauses,
  type VehicleTypeRow,
} from '../database/statements/vehicle-types.js';
import type { OperatedVehicleType } from '../contract/operator-shapes.js';
import { auditOperator } from './audit.js';
import { NotFoundError } from './errors.js';

export interface PauseRequest {
  vehicleTypeId: string;
  adminId: string;
  paused: boolean;
  reason?: string | undefined;
}

/**
 * Pauses or resumes dispatch for a vehicle type. Paused, its searches make no new offers and wait until their time
 * is over; live offers and jobs run on, bookings are still taken. Every running search is told, so that its workflow
 * reads the rows. Twice is fine and changes nothing. Throws NotFoundError for an unknown type.
 */
export function setDispatchPaused(
  context: DispatchContext,
  request: PauseRequest,
): Promise<OperatedVehicleType> {
  const { vehicleTypeId, adminId, paused } = request;
  return inTransaction(context, async (tx) => {
    const before = await lockVehicleType(tx.manager, vehicleTypeId);
    if (before === null) throw new NotFoundError('no such vehicle type');
    if ((before.paused_at !== null) === paused) return toOperatedVehicleType(before);
    const after = await setPaused(tx.manager, vehicleTypeId, paused ? adminId : null);
    const searches = await searchesFor(tx.manager, vehicleTypeId);
    await tx.tellWorkflows(
      searches.map((search) => search.booking_id),
      'nudge',
      { by: adminId },
    );
    await auditOperator(tx, request, { action: paused ? 'pause' : 'resume', details: { vehicleTypeId } });
    tx.log(paused ? 'dispatch_paused' : 'dispatch_resumed', { vehicleTypeId, searches: searches.length });
    return toOperatedVehicleType(after);
  });
}

/** All vehicle types, with those that are paused. */
export async function readOperatedVehicleTypes(context: DispatchContext): Promise<OperatedVehicleType[]> {
  return (await vehicleTypesWithPauses(context.source.manager)).map(toOperatedVehicleType);
}

function toOperatedVehicleType(type: VehicleTypeRow): OperatedVehicleType {
  return {
    id: type.id,
    name: type.name,
    paused: type.paused_at !== null,
    pausedAt: type.paused_at?.toISOString() ?? null,
    pausedBy: type.paused_by,
  };
}
