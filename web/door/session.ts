/** Who this page speaks for, and the token with which it does. */
import { signal, type Signal } from '@preact/signals';
import type { TokenType } from '../../contract/words.js';
import { Api } from './api.js';
import type { PagesConfig } from '../../contract/page-shapes.js';
import { PEOPLE, type Person } from './people.js';
import { keep, recall } from './storage.js';

export interface Identity extends Person {
  token: string;
}

export class Session {
  /** Null: nobody yet; the page asks for a token. */
  readonly identity: Signal<Identity | null> = signal(null);
  readonly api: Api;
  private readonly key: string;

  constructor(
    readonly type: TokenType,
    readonly config: PagesConfig,
  ) {
    this.key = `pilot-dispatch:${type}`;
    this.api = new Api(
      () => this.identity.value?.token ?? null,
      () => this.renew(),
    );
  }

  /**
   * Signs in as who this tab was, else as who the address names (`?as=<uuid>&name=`), else as who was last here,
   * else, in the demo, as the first of its people. Throws Refusal when no token can be had.
   */
  async begin(): Promise<void> {
    const inTab = recall<Identity>(() => sessionStorage, this.key);
    const named = personInAddress();
    if (inTab !== null && (named === null || named.id === inTab.id)) {
      this.identity.value = inTab;
      return;
    }
    if (!this.config.demo) return;
    const person = named ?? recall<Person>(() => localStorage, this.key) ?? PEOPLE[this.type][0];
    if (person !== undefined) await this.become(person);
  }

  /** The demo: from now on this tab is `person`. Throws Refusal. */
  async become(person: Person): Promise<void> {
    const { token, id } = await new Api(() => null).post<{ token: string; id: string }>(
      '/demo/token',
      { type: this.type, id: person.id, name: person.name },
      { again: Infinity },
    );
    this.enter({ id, name: person.name, token });
  }

  /** Signs in with a token from elsewhere. Throws an Error that says what is wrong with it. */
  useToken(token: string): void {
    const claims = claimsOf(token);
    if (claims === null) throw new Error('This is not a token (JWT).');
    if (claims.type !== this.type)
      throw new Error(`This token is for type ${claims.type}, not ${this.type}.`);
    this.enter({ id: claims.sub, name: claims.name ?? '', token });
  }

  /** Forgets who was here, on this device. */
  leave(): void {
    keep(() => sessionStorage, this.key, null);
    keep(() => localStorage, this.key, null);
    this.identity.value = null;
  }

  private enter(identity: Identity): void {
    keep(() => sessionStorage, this.key, identity);
    keep(() => localStorage, this.key, { id: identity.id, name: identity.name });
    this.identity.value = identity;
  }

  /** A new token for the same person, where the demo gives one; else the page asks for one. */
  async renew(): Promise<boolean> {
    const person = this.identity.value;
    if (person === null) return false;
    if (!this.config.demo) {
      this.leave();
      return false;
    }
    await this.become(person);
    return true;
  }
}

function personInAddress(): Person | null {
  const query = new URLSearchParams(location.search);
  const id = query.get('as');
  return id === null ? null : { id, name: query.get('name') ?? `Demo ${id.slice(0, 4)}` };
}

interface Claims {
  sub: string;
  type: string;
  name?: string;
}

function claimsOf(token: string): Claims | null {
  try {
    const [, body = ''] = token.trim().split('.');
    const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as Partial<Claims>;
    return typeof claims.sub === 'string' && typeof claims.type === 'string' ? (claims as Claims) : null;
  } catch {
    return null;
  }
}
