// Where a booking's workflow is in Temporal's Web UI.
import { workflowLinks } from '../../src/operations/workflow-links.js';

it.each([
  ['http://localhost:8233', 'default', 'http://localhost:8233/namespaces/default/workflows/booking-x'],
  ['https://t.example/ui/', 'team a/b', 'https://t.example/ui/namespaces/team%20a%2Fb/workflows/booking-x'],
  [undefined, 'default', null],
])('%s, namespace %s', (uiUrl, namespace, link) => {
  expect(workflowLinks(uiUrl, namespace)('x')).toBe(link);
});
