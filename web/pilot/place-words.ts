/** One of two coordinates as a person types it. */
export type Axis = 'lat' | 'lng';

/** What is wrong with it; empty when nothing is. */
export function placeError(axis: Axis, text: string): string {
  const most = axis === 'lat' ? 90 : 180;
  const value = Number(text);
  return text.trim() !== '' && Math.abs(value) <= most ? '' : `A number from −${most} to ${most}.`;
}
