/**
 * A payload may say that it is a reference to a storage outside of the cluster (`ExternalStorageReference`). Where no such
 * storage is configured the SDK (1.24) throws for one before codecs, interceptors and converters see it; a signal that holds one
 * then fails the workflow task, and each one after it, for ever. We keep nothing outside, so nothing of ours is such a
 * reference: with this the payload goes on like any other that cannot be read (decisions 9 and 20).
 */
import * as helpers from '@temporalio/common/lib/internal-non-workflow/extstore-helpers.js';

/** Before the first worker of a process, or the first replay. May be called again. */
export function handReferencesOn(): void {
  // The functions themselves, which the SDK looks up at each call: `default` where ESM wraps them.
  const looked = (helpers as { default?: object }).default ?? helpers;
  Object.assign(looked, { isReferencePayload: () => false });
}
