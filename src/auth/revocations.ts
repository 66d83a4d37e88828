import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { databaseNow } from '../../database/statements/repairs.js';
import { insertRevocation, listRevocations } from '../../database/statements/records.js';
import { auditOperator } from '../../dispatch/audit.js';
import { inTransaction, type DispatchContext } from '../../dispatch/context.js';
import { oncePostgresAnswers } from '../config/database.js';
import { DISPATCH, LOGGER } from '../config/providers.js';
import { ServerClock } from '../config/server-clock.js';
import type { Caller } from './caller.js';

/** Another process's revocation is known here after this at most; sockets are closed within 5 s of it. */
const RELOAD_MS = 2_000;

/** Which tokens are refused although they verify; kept in memory, reloaded from the table. */
@Injectable()
export class Revocations implements OnApplicationBootstrap, OnApplicationShutdown {
  private subjects = new Map<string, number>();
  private tokenIds = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: ServerClock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // Without the list a revoked token would be let in: the API is not up before it has it.
    await oncePostgresAnswers(() => this.reload(), this.logger);
    this.timer = setInterval(() => {
      this.reload().catch((error: unknown) =>
        this.logger.warn(
          { err: error instanceof Error ? error.message : 'error' },
          'revocations not reloaded',
        ),
      );
    }, RELOAD_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Refuses all tokens of a subject made until now, or one token by its id; which operator did it is in the audit. */
  async revoke(adminId: string, what: { sub: string } | { jti: string }): Promise<void> {
    await inTransaction(this.dispatch, async (tx) => {
      if ('sub' in what) await insertRevocation(tx.manager, 'sub', what.sub);
      else await insertRevocation(tx.manager, 'jti', what.jti);
      await auditOperator(tx, { adminId }, { action: 'revoke_tokens', details: what });
    });
    await this.reload();
  }

  /** A token without its time of issue counts as made before any revocation. */
  isRevoked(caller: Pick<Caller, 'id' | 'jti' | 'issuedAt'>): boolean {
    if (caller.jti !== null && this.tokenIds.has(caller.jti)) return true;
    const revokedAt = this.subjects.get(caller.id);
    return revokedAt !== undefined && (caller.issuedAt ?? 0) * 1000 <= revokedAt;
  }

  private async reload(): Promise<void> {
    const { manager } = this.dispatch.source;
    const askedAt = performance.now();
    // By the same clock as the revocations' own times.
    this.clock.hear(await databaseNow(manager), askedAt);
    const found = await listRevocations(manager);
    this.subjects = new Map(
      found.filter((one) => one.kind === 'sub').map((one) => [one.value, one.revoked_at.getTime()]),
    );
    this.tokenIds = new Set(found.filter((one) => one.kind === 'jti').map((one) => one.value));
  }
}
