/** Whom the demo lets you be. Their ids stay, so that each finds his bookings again. */
import type { TokenType } from '../../contract/words.js';

export interface Person {
  id: string;
  name: string;
}

export const PEOPLE: Readonly<Record<TokenType, readonly Person[]>> = {
  user: [
    { id: '0a000000-0000-4000-8000-000000000001', name: 'Maya Tremblay' },
    { id: '0a000000-0000-4000-8000-000000000002', name: 'Leo Gagnon' },
    { id: '0a000000-0000-4000-8000-000000000003', name: 'Noor Haddad' },
  ],
  pilot: [
    { id: '0b000000-0000-4000-8000-000000000001', name: 'Ravi Nair' },
    { id: '0b000000-0000-4000-8000-000000000002', name: 'Sofia Roy' },
    { id: '0b000000-0000-4000-8000-000000000003', name: 'Amadou Diallo' },
  ],
  admin: [
    { id: '0c000000-0000-4000-8000-000000000001', name: 'Operator Chen' },
    { id: '0c000000-0000-4000-8000-000000000002', name: 'Operator Silva' },
  ],
};
