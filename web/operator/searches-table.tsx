import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Desk } from './desk.js';
import { SearchRow } from './search-row.js';
import type { SearchView } from '../../contract/page-shapes.js';
import { rowAfterKey, rowsInView, scrollToRow, type RowWindow } from './windowing.js';

const ROW_HEIGHT = 64;
/** Where there is room for one column only, a row is a card of three lines. */
const CARD_HEIGHT = 148;
const SPARE = 6;
const HEADINGS = ['Booking', 'Vehicle and pickup', 'Asked', 'Elapsed', 'State', 'Actions'] as const;

/** The searches; of any number, only the rows in view are made. */
export function SearchesTable({ desk, searches }: { desk: Desk; searches: readonly SearchView[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const [shown, look] = useRowWindow(scroller, searches.length, rowHeight);
  const selected = desk.selected.value;
  const names = new Map(desk.vehicleTypes.value.map(({ id, name }) => [id, name]));
  const keepFocus = useCallback(() => scroller.current?.focus({ preventScroll: true }), []);
  const onKeyDown = useSelection(scroller, desk, searches, rowHeight, look);
  return (
    <div
      ref={scroller}
      class="searches-scroll"
      tabIndex={0}
      role="region"
      aria-label="Searches; arrow keys select"
      onScroll={look}
      onKeyDown={onKeyDown}
    >
      <table role="table" class="searches" aria-label="Searches" aria-rowcount={searches.length + 1}>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            {HEADINGS.map((heading) => (
              <th key={heading} role="columnheader" scope="col" class="text-caption soft">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" style={{ paddingTop: `${shown.before}px`, paddingBottom: `${shown.after}px` }}>
          {searches.slice(shown.from, shown.to).map((search, index) => (
            <SearchRow
              key={search.bookingId}
              search={search}
              desk={desk}
              vehicle={names.get(search.vehicleTypeId) ?? search.vehicleTypeId}
              selected={search.bookingId === selected}
              position={shown.from + index + 2}
              onFocusLost={keepFocus}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Brings the selected row into view; answers what the keys do. */
function useSelection(
  scroller: { current: HTMLDivElement | null },
  desk: Desk,
  searches: readonly SearchView[],
  rowHeight: number,
  look: () => void,
): (event: KeyboardEvent) => void {
  const selected = desk.selected.value;
  const current = (): number => searches.findIndex((search) => search.bookingId === selected);
  useEffect(() => {
    const index = current();
    const element = scroller.current;
    if (element === null || index === -1) return;
    element.scrollTop = scrollToRow({ index, rowHeight, ...placeOf(element) });
    look();
  }, [selected]);
  return (event) => {
    const element = scroller.current;
    if (element === null || event.target !== element) return;
    const perPage = Math.max(1, Math.floor(placeOf(element).height / rowHeight) - 1);
    const index = rowAfterKey(event.key, current(), searches.length, perPage);
    if (index === null) return;
    event.preventDefault();
    desk.selected.value = searches[index]?.bookingId ?? null;
  };
}

/** The part of the scroller that shows rows: what is under the headings. */
function placeOf(element: HTMLElement): { scrollTop: number; height: number } {
  const head = element.querySelector('thead')?.offsetHeight ?? 0;
  return { scrollTop: element.scrollTop, height: element.clientHeight - head };
}

/** The rows to render, and the function that looks again where the scroller stands. */
function useRowWindow(
  scroller: { current: HTMLDivElement | null },
  count: number,
  rowHeight: number,
): [RowWindow, () => void] {
  const [place, setPlace] = useState({ scrollTop: 0, height: 800 });
  const look = (): void => {
    if (scroller.current === null) return;
    const now = placeOf(scroller.current);
    // Within the spare rows nothing has to be rendered.
    const step = Math.floor(now.scrollTop / rowHeight) * rowHeight;
    setPlace((before) =>
      before.scrollTop === step && before.height === now.height
        ? before
        : { scrollTop: step, height: now.height },
    );
  };
  useLayoutEffect(() => {
    look();
    if (scroller.current === null) return undefined;
    const watcher = new ResizeObserver(look);
    watcher.observe(scroller.current);
    return () => watcher.disconnect();
  }, [rowHeight]);
  return [rowsInView({ count, rowHeight, ...place, spare: SPARE }), look];
}

function useRowHeight(): number {
  const [narrow] = useState(() => matchMedia('(max-width: 760px)'));
  const [height, setHeight] = useState(narrow.matches ? CARD_HEIGHT : ROW_HEIGHT);
  useEffect(() => {
    const fit = (): void => setHeight(narrow.matches ? CARD_HEIGHT : ROW_HEIGHT);
    narrow.addEventListener('change', fit);
    return () => narrow.removeEventListener('change', fit);
  }, [narrow]);
  return height;
}
