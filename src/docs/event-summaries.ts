/** What each event of the sockets says, in a sentence. An event without one does not compile. */
import type { AdminEvents, PilotEvents, UserEvents, UserLiveEvents } from '../../contract/shapes.js';

export const USER_SUMMARIES: Record<keyof UserEvents, string> = {
  'booking:created': 'The booking is made; the search begins',
  'booking:search_started':
    'A search began: the first, one after a retry, or one after a driver gave it back',
  'booking:offer_sent': 'A driver is being asked; `pilotNumber` is 1 for the first of this search',
  'booking:offer_expired': 'The driver did not answer in time, or went offline (`reason`)',
  'booking:offer_declined': 'The driver declined',
  'booking:driver_assigned': 'A driver has the booking',
  'booking:no_pilots': 'The search ended: nobody is left to ask, or as many as may be were asked',
  'booking:search_timeout': 'The search ended: its time is over',
  'booking:cancelled': 'The booking was cancelled',
  'booking:driver_released': 'The driver gave the booking back; a new search begins',
  'booking:driver_unreachable': 'Nothing was heard of the driver for some minutes; the user may cancel',
  'booking:status': 'The job went a step on, or the booking expired because nobody retried',
};

export const USER_LIVE_SUMMARIES: Record<keyof UserLiveEvents, string> = {
  'booking:pilot_location': 'Where the driver is during the job; only the latest matters',
};

export const PILOT_SUMMARIES: Record<keyof PilotEvents, string> = {
  'booking:offer': 'He is asked; sent again at every connect while it lives: drop repeats by `offerId`',
  'offer:expired': 'His live offer ended without an answer of his',
  'job:assigned': "He has a job: by his accept, or by an operator's hand",
  'booking:cancelled': 'His job is over: it was cancelled, or an operator took it back',
};

export const ADMIN_SUMMARIES: Record<keyof AdminEvents, string> = {
  'booking:assigned': 'A booking has its driver',
  'booking:no_pilots': 'A search ended: nobody is left to ask, or as many as may be were asked',
  'booking:search_timeout': 'A search ended: its time is over',
  'booking:driver_unreachable': 'Nothing was heard of a driver on a job for some minutes',
  'assignments:stats': 'The counts, when they changed, at most twice a second',
};
