import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Booking, Page } from '../../contract/shapes.js';
import { Refusal } from '../door/api.js';
import type { Identity, Session } from '../door/session.js';
import { LinkButton } from '../kit/controls.js';
import { ConnectionNotice, TopBar } from '../kit/shell.js';
import { BookScreen } from './book.js';
import { BookingScreen } from './booking-screen.js';
import { BookingsScreen } from './bookings.js';
import { Desk } from './desk.js';
import { BOOK, BOOKINGS, bookingAddress, go, goInstead, route, type Route } from './routes.js';
import { isFinal } from './story.js';
import './user.css';

const TITLES: Record<Route['screen'], string> = {
  start: 'Book a pickup',
  book: 'Book a pickup',
  bookings: 'My bookings',
  booking: 'Your booking',
};
const TRY_AFTER_MS = 1_000;

export function UserPage({ session, identity }: { session: Session; identity: Identity }) {
  const desk = useMemo(() => new Desk(session), [session, identity.id]);
  useEffect(
    () => () => {
      desk.close();
      // Whoever comes next does not begin at the booking of another.
      goInstead('');
    },
    [desk],
  );
  const { screen } = route.value;
  const main = useTitleAndFocus(TITLES[screen], location.hash);
  return (
    <>
      <TopBar
        title={TITLES[screen]}
        session={session}
        {...(screen === 'booking' ? { onBack: () => go(BOOKINGS) } : {})}
        {...(screen === 'bookings' ? { onBack: () => go(BOOK) } : {})}
      >
        {(screen === 'book' || screen === 'start') && (
          <LinkButton href={BOOKINGS} icon="list" class="bar-link" aria-label="My bookings">
            <span class="bar-words">My bookings</span>
          </LinkButton>
        )}
      </TopBar>
      <main ref={main} class="phone stack user-page" tabIndex={-1}>
        <ConnectionNotice line={desk.line} />
        <Screen desk={desk} userId={identity.id} />
      </main>
    </>
  );
}

function Screen({ desk, userId }: { desk: Desk; userId: string }) {
  const now = route.value;
  if (now.screen === 'start') return <Start desk={desk} />;
  if (now.screen === 'bookings') return <BookingsScreen desk={desk} />;
  if (now.screen === 'booking') return <BookingScreen key={now.id} desk={desk} id={now.id} />;
  return <BookScreen desk={desk} userId={userId} />;
}

/** A booking that is under way is what the user came for; else a new one. */
function Start({ desk }: { desk: Desk }) {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const look = async (): Promise<void> => {
      try {
        const { items } = await desk.api.get<Page<Booking>>('/bookings', { limit: 20 });
        const live = items.find(({ status }) => !isFinal(status));
        if (!left) goInstead(live === undefined ? BOOK : bookingAddress(live.id));
      } catch (error) {
        if (left) return;
        if (error instanceof Refusal && !error.passing) goInstead(BOOK);
        else timer = setTimeout(() => void look(), TRY_AFTER_MS);
      }
    };
    void look();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [desk]);
  return <p class="soft">Looking for your bookings…</p>;
}

/** A new screen has its title in the tab, begins at its top, and has the keyboard. */
function useTitleAndFocus(title: string, address: string): { current: HTMLElement | null } {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} · Pilot dispatch`;
    if (!first.current) {
      window.scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [title, address]);
  return main;
}
