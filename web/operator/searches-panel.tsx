import { useEffect, useState } from 'preact/hooks';
import { SEARCH_STATES, type SearchState } from '../../contract/words.js';
import { Button, Field } from '../kit/controls.js';
import { Card } from '../kit/surfaces.js';
import { SEARCHES_LIMIT, type Desk } from './desk.js';
import { SearchesTable } from './searches-table.js';
import { FILTER_WORDS } from './words.js';

const TYPED_MS = 250;

/** The list of searches with what it is filtered by. */
export function SearchesPanel({ desk }: { desk: Desk }) {
  const searches = desk.searches.value;
  return (
    <Card class="panel searches-panel">
      <div class="searches-head">
        <div class="grow">
          <h2 class="text-heading">Searches</h2>
          <p class="text-caption soft" role="status">
            {searches === null ? 'Reading…' : counted(searches.length, desk.more.value)}
          </p>
        </div>
        <Filters desk={desk} />
        <Button icon="alert" onClick={() => (desk.steering.value = true)}>
          Dispatch
        </Button>
      </div>
      {searches?.length === 0 ? (
        <p class="soft text-small panel-empty">No search is like this.</p>
      ) : (
        <SearchesTable desk={desk} searches={searches ?? []} />
      )}
    </Card>
  );
}

function counted(count: number, more: boolean): string {
  if (more) return `The first ${SEARCHES_LIMIT}; filter to see others`;
  return count === 1 ? '1 search' : `${count} searches`;
}

function Filters({ desk }: { desk: Desk }) {
  const { state, vehicleTypeId } = desk.filter.value;
  return (
    <div class="filters">
      <Field label="State">
        {(wiring) => (
          <select
            {...wiring}
            class="input"
            value={state}
            onChange={(event) => desk.choose({ state: event.currentTarget.value as SearchState })}
          >
            {SEARCH_STATES.map((value) => (
              <option key={value} value={value}>
                {FILTER_WORDS[value]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Vehicle">
        {(wiring) => (
          <select
            {...wiring}
            class="input"
            value={vehicleTypeId}
            onChange={(event) => desk.choose({ vehicleTypeId: event.currentTarget.value })}
          >
            <option value="">Any</option>
            {desk.vehicleTypes.value.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <TextFilter desk={desk} />
    </div>
  );
}

function TextFilter({ desk }: { desk: Desk }) {
  const [typed, setTyped] = useState('');
  useEffect(() => {
    const q = typed.trim();
    if (q === desk.filter.peek().q) return undefined;
    const timer = setTimeout(() => desk.choose({ q }), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <Field label="Find">
      {(wiring) => (
        <input
          {...wiring}
          type="search"
          class="input"
          maxLength={100}
          placeholder="Number, customer, address"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
