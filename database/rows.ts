/** Rows as the statements answer them: the columns' own names. */
import type {
  BookingStatus,
  JobEndReason,
  OfferEndReason,
  OfferStatus,
  SearchOrigin,
  SearchOutcome,
} from '../contract/words.js';
import type { SearchLimits } from '../contract/limits.js';

export interface BookingRow {
  id: string;
  number: string;
  status: BookingStatus;
  user_id: string;
  user_name: string;
  user_phone: string | null;
  pickup_lat: number;
  pickup_lng: number;
  pickup_address: string;
  dropoff_lat: number;
  dropoff_lng: number;
  dropoff_address: string;
  vehicle_type_id: string;
  package: { description: string; weightKg?: number } | null;
  payment: { method: 'PREPAID' | 'COD'; amount?: number; currency?: string } | null;
  note: string | null;
  pilot_id: string | null;
  limits: SearchLimits;
  search_no: number;
  event_seq: number;
  created_at: Date;
  assigned_at: Date | null;
  delivered_at: Date | null;
  cancelled_at: Date | null;
  unreachable_at: Date | null;
}

export interface SearchRow {
  booking_id: string;
  search_no: number;
  origin: SearchOrigin;
  outcome: SearchOutcome | null;
  started_at: Date | null;
  ends_at: Date | null;
  ended_at: Date | null;
  waiting_until: Date | null;
  held_at: Date | null;
}

export interface OfferRow {
  id: string;
  booking_id: string;
  search_no: number;
  pilot_id: string;
  number: number;
  status: OfferStatus;
  distance_km: number;
  offered_at: Date;
  expires_at: Date;
  accepted_at: Date | null;
  ended_at: Date | null;
  end_reason: OfferEndReason | JobEndReason | 'declined' | null;
}

export interface PilotRow {
  id: string;
  name: string;
  phone: string | null;
  vehicle_type_id: string;
  avatar: string | null;
  rating: number | null;
  online: boolean;
  cooldown_until: Date | null;
}

/** A pilot with his last position, where there is one. */
export interface PilotWithPositionRow extends PilotRow {
  lat: number | null;
  lng: number | null;
  received_at: Date | null;
}
