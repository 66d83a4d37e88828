import { workflowIdOf } from '../../contract/workflow.js';
import type { WorkflowLink } from '../../dispatch/watching.js';

/**
 * Where a booking's workflow is in Temporal's Web UI.
 * @param uiUrl the Web UI's address, with a path if it has one; undefined: there is none to link to
 */
export function workflowLinks(uiUrl: string | undefined, namespace: string): WorkflowLink {
  if (uiUrl === undefined) return () => null;
  const workflows = `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  return (bookingId) => `${workflows}/${workflowIdOf(bookingId)}`;
}
