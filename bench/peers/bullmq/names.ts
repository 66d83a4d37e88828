/** What the two processes of the BullMQ peer share. */
export const QUEUE = 'searches';

/** `ask`: the next pilot; `expire`: an offer's time is over (a delayed job). */
export type SearchJob =
  | { kind: 'ask'; bookingId: string; number: number }
  | { kind: 'expire'; bookingId: string; offerId: string; number: number };
