import { sqlState } from './context.js';
import { UnknownReferenceError } from './errors.js';

/** SQLSTATE of a foreign key that names nothing. */
const FOREIGN_KEY = '23503';

/** What to make of an error of a transaction whose only foreign key from outside is the vehicle type. */
export function orUnknownVehicleType(vehicleTypeId: string): (error: unknown) => never {
  return (error) => {
    if (sqlState(error) !== FOREIGN_KEY) throw error;
    throw new UnknownReferenceError('vehicleTypeId', `no vehicle type '${vehicleTypeId}'`);
  };
}
