/** What operators add: pilots and vehicle types. */
import type { CreatePilot } from '../contract/schemas.js';
import type { Pilot, VehicleType } from '../contract/shapes.js';
import { insertVehicleType } from '../database/statements/lists.js';
import { insertPilot } from '../database/statements/pilots.js';
import { auditOperator } from './audit.js';
import { inTransaction, type DispatchContext } from './context.js';
import { ConflictError } from './errors.js';
import { readPilot } from './reads.js';
import { orUnknownVehicleType } from './vehicle-types.js';

/** Adds a pilot, who is offline at first. Throws UnknownReferenceError for an unknown vehicle type. */
export async function addPilot(
  context: DispatchContext,
  request: { adminId: string; pilotId: string; pilot: CreatePilot },
): Promise<Pilot> {
  const { pilotId, pilot } = request;
  await inTransaction(context, async (tx) => {
    await insertPilot(tx.manager, pilotId, pilot);
    await auditOperator(tx, request, { action: 'add_pilot', details: { pilotId } });
  }).catch(orUnknownVehicleType(pilot.vehicleTypeId));
  return readPilot(context, pilotId);
}

/** Adds a vehicle type. Throws ConflictError when there is one of this id. */
export function addVehicleType(
  context: DispatchContext,
  request: { adminId: string; vehicleType: VehicleType },
): Promise<VehicleType> {
  const { id, name } = request.vehicleType;
  return inTransaction(context, async (tx) => {
    if (!(await insertVehicleType(tx.manager, id, name)))
      throw new ConflictError('vehicle_type_exists', `There is a vehicle type '${id}' already.`);
    await auditOperator(tx, request, { action: 'add_vehicle_type', details: { vehicleTypeId: id } });
    return { id, name };
  });
}
