import type { CustomSlotSupplier, SlotReserveContext, WorkflowSlotInfo } from '@temporalio/worker';

/** As the SDK's own default. */
const MOST_AT_ONCE = 40;
/**
 * Longer than the server lets a poll wait (`matching.longPollExpirationInterval`, 2 s with `npm start` and in our
 * compose file); where that is a minute, what is still under way is cut off after this, as the SDK does by itself.
 */
const ENDING_POLLS_WAIT_MS = 2_500;

/**
 * The slots for workflow tasks, each needed before the next poll. A poll that a stopping worker cuts off may just have
 * been given a task, which is then lost until its timeout: a search that begins 2 s late, at every second restart under
 * load. So a stopping worker first begins no more polls and lets those under way end, with a task or without.
 */
export class WorkflowSlots implements CustomSlotSupplier<WorkflowSlotInfo> {
  readonly type = 'custom';
  private taken = 0;
  private closed = false;
  private readonly inLine: (() => void)[] = [];
  private emptied: () => void = () => undefined;

  /** A place for the next poll; waits for one. Rejects when the SDK needs it no more. */
  reserveSlot(_context: SlotReserveContext, signal: AbortSignal): Promise<object> {
    return new Promise((resolve, reject) => {
      const take = (): void => {
        this.taken += 1;
        resolve({});
      };
      if (this.hasRoom) return take();
      this.inLine.push(take);
      signal.addEventListener('abort', () => {
        const place = this.inLine.indexOf(take);
        if (place >= 0) this.inLine.splice(place, 1);
        reject(signal.reason as Error);
      });
    });
  }

  tryReserveSlot(): object | null {
    if (!this.hasRoom) return null;
    this.taken += 1;
    return {};
  }

  markSlotUsed(): void {
    // A slot counts from its poll to the end of its task.
  }

  releaseSlot(): void {
    this.taken -= 1;
    if (this.hasRoom) this.inLine.shift()?.();
    if (this.taken === 0) this.emptied();
  }

  /** No further poll begins; done when those under way and their tasks have ended, and after 2.5 s at the latest. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.taken === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.emptied = resolve;
      timer = setTimeout(resolve, ENDING_POLLS_WAIT_MS);
    });
    clearTimeout(timer);
  }

  private get hasRoom(): boolean {
    return !this.closed && this.taken < MOST_AT_ONCE;
  }
}
