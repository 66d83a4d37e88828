/** Which rows of a long list are in view. Pure. */

export interface RowWindow {
  /** Index of the first row to render. */
  from: number;
  /** Index after the last row to render. */
  to: number;
  /** Pixels that stand for the rows before and after. */
  before: number;
  after: number;
}

/** The rows to render: those in view, and `spare` on either side. */
export function rowsInView(view: {
  count: number;
  rowHeight: number;
  scrollTop: number;
  height: number;
  spare: number;
}): RowWindow {
  const { count, rowHeight, height, spare } = view;
  const scrollTop = Math.min(Math.max(0, view.scrollTop), Math.max(0, count * rowHeight - height));
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const to = Math.min(count, Math.ceil((scrollTop + Math.max(0, height)) / rowHeight) + spare);
  return { from, to, before: from * rowHeight, after: (count - to) * rowHeight };
}

/** Where to scroll so that the row is wholly in view; the same place when it is. */
export function scrollToRow(view: {
  index: number;
  rowHeight: number;
  scrollTop: number;
  height: number;
}): number {
  const top = view.index * view.rowHeight;
  const bottom = top + view.rowHeight;
  if (top < view.scrollTop) return top;
  return bottom > view.scrollTop + view.height ? Math.max(0, bottom - view.height) : view.scrollTop;
}

/** The row that a key leads to from row `current` (-1: none); null when the key leads nowhere. */
export function rowAfterKey(key: string, current: number, count: number, perPage: number): number | null {
  if (count === 0) return null;
  const steps: Record<string, number> = {
    ArrowDown: current + 1,
    ArrowUp: current === -1 ? 0 : current - 1,
    PageDown: current + perPage,
    PageUp: current - perPage,
    Home: 0,
    End: count - 1,
  };
  const wanted = steps[key];
  return wanted === undefined ? null : Math.min(count - 1, Math.max(0, wanted));
}
