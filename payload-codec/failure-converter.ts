/** With keys set: messages and stacks of failures become payloads too, so that the codec encrypts them. */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
