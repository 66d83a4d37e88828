/** What Prometheus is told by an API and a worker, and that dashboard, alerts and document name nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { TASK_QUEUE, WORKFLOW_TYPE } from '../../contract/workflow.js';
import { Cast } from '../support/actors.js';
import { metricsIn, samplesOf, scrapedUntil, type Sample } from '../support/exposition.js';
import { freePort } from '../support/free-port.js';
import { freshPlace } from '../support/places.js';
import { Proxy } from '../support/proxy.js';
import { System } from '../support/system.js';

const ROOT = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

let system: System;
let cast: Cast;
let worker: string;
beforeAll(async () => {
  const port = await freePort();
  worker = `http://127.0.0.1:${port}/metrics`;
  system = await System.start({ env: { WORKER_METRICS_PORT: String(port) } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const value = (samples: Sample[], name: string, labels: Record<string, string> = {}): number =>
  samples
    .filter((one) => one.name === name)
    .filter((one) => Object.entries(labels).every(([key, wanted]) => one.labels[key] === wanted))
    .reduce((sum, one) => sum + one.value, 0);

describe('after one booking that is assigned and one that nobody takes', () => {
  let ofApi: Sample[];
  let ofWorker: Sample[];
  beforeAll(async () => {
    const { client } = system.temporal;
    // A task that fails, as with a worker that lacks a key.
    const stuck = await client.workflow.start(WORKFLOW_TYPE, {
      workflowId: 'a task that fails',
      taskQueue: TASK_QUEUE,
      args: [{ undecodable: true }],
    });
    const place = freshPlace();
    const user = await cast.user();
    const pilot = await cast.pilot({ at: place });
    const taken = await user.book(place);
    expect((await pilot.accept((await pilot.offered(taken.id)).offerId)).status).toBe(200);
    const failed = await user.book(freshPlace());
    await user.event(failed.id, 'booking:no_pilots');
    const api = `${system.url()}/metrics`;
    ofApi = await scrapedUntil(
      api,
      'the accept',
      (one) => one.name === 'dispatch_searches_total' && one.value > 0,
    );
    ofWorker = await scrapedUntil(
      worker,
      'the failed task',
      (one) => one.name === 'temporal_workflow_task_execution_failed',
    );
    await stuck.terminate();
  });

  test('the API counts what taps decided', () => {
    expect(value(ofApi, 'dispatch_searches_total', { outcome: 'assigned' })).toBe(1);
    expect(value(ofApi, 'dispatch_offers_total', { answer: 'accepted' })).toBe(1);
    expect(value(ofApi, 'dispatch_offers_total', { answer: 'declined' })).toBe(0);
    expect(value(ofApi, 'dispatch_points_total', { point: 'booking_created' })).toBe(2);
    for (const name of ['dispatch_time_to_assign_seconds', 'dispatch_offer_answer_seconds']) {
      expect(value(ofApi, `${name}_count`)).toBe(1);
      expect(value(ofApi, `${name}_sum`)).toBeGreaterThan(0);
      expect(value(ofApi, `${name}_sum`)).toBeLessThan(10);
    }
    expect(value(ofApi, 'dispatch_sockets', { type: 'pilot' })).toBe(1);
    expect(value(ofApi, 'dispatch_sockets', { type: 'user' })).toBe(1);
    expect(value(ofApi, 'dispatch_live_searches')).toBe(0);
    expect(value(ofApi, 'dispatch_database_up')).toBe(1);
  });

  test('the worker counts what the workflow had decided, and how long a match takes', () => {
    expect(value(ofWorker, 'dispatch_searches_total', { outcome: 'no_pilots' })).toBe(1);
    expect(value(ofWorker, 'dispatch_searches_total', { outcome: 'assigned' })).toBe(0);
    expect(value(ofWorker, 'dispatch_points_total', { point: 'offer_sent' })).toBe(1);
    expect(value(ofWorker, 'dispatch_matching_seconds_count', { result: 'offered' })).toBe(1);
    expect(value(ofWorker, 'dispatch_matching_seconds_count', { result: 'failed' })).toBe(1);
    expect(value(ofWorker, 'temporal_workflow_task_execution_latency_count')).toBeGreaterThan(0);
    expect(value(ofWorker, 'temporal_local_activity_execution_latency_count')).toBeGreaterThan(0);
  });

  test('every metric that the dashboard, the alerts and the document name is exported', () => {
    const exported = new Set([...ofApi, ...ofWorker].map((one) => one.name));
    const dashboard = JSON.parse(read('deploy/grafana/dashboard.json')) as {
      panels: { targets: { expr: string }[] }[];
    };
    const rules = parse(read('deploy/prometheus/alerts.yml')) as { groups: { rules: { expr: string }[] }[] };
    const expressions = [
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
    ];
    expect(expressions.length).toBeGreaterThan(25);
    const named = expressions.flatMap(metricsIn);
    expect([...new Set(named)].filter((name) => !exported.has(name))).toEqual([]);
    const documented = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` /gm)].map((match) => match[1] ?? '');
    const absent = documented.filter((name) => !exported.has(name) && !exported.has(`${name}_bucket`));
    expect(absent).toEqual([]);
    const base = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');
    const ours = [...exported].filter((name) => name.startsWith('dispatch_')).map(base);
    expect(ours.filter((name) => !documented.includes(name))).toEqual([]);
  });

  test('S17 · no label holds an id or anything of a person', () => {
    const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-/;
    for (const { name, labels } of [...ofApi, ...ofWorker].filter((one) => one.name.startsWith('dispatch_')))
      for (const [label, text] of Object.entries(labels)) {
        expect([name, label, uuid.test(text)]).toEqual([name, label, false]);
        expect(
          ['+1514', 'Test user', 'Pilot', '1 Pickup Street'].filter((one) => text.includes(one)),
        ).toEqual([]);
      }
  });

  test('nothing else is served on the port of the worker', async () => {
    expect((await fetch(worker.replace('/metrics', '/'))).status).toBe(404);
    expect((await fetch(worker, { method: 'POST' })).status).toBe(404);
  });
});

test('a second worker on one machine runs without metrics, and says so', async () => {
  const port = new URL(worker).port;
  const second = await system.startWorker({ WORKER_METRICS_PORT: port });
  expect(second.lines().map((one) => one.msg)).toContain(
    'WORKER_METRICS_PORT is taken: this worker serves no metrics',
  );
});

test('while Postgres is away an API is scraped all the same, without the figures out of the rows', async () => {
  const proxy = await Proxy.before(system.database.url);
  try {
    const api = await system.startApi({ DATABASE_URL: proxy.insteadOf(system.database.url) });
    proxy.refuse();
    const samples = samplesOf(await (await fetch(`${api.url}/metrics`)).text());
    expect(value(samples, 'dispatch_database_up')).toBe(0);
    const names = samples.map((one) => one.name);
    expect(names).toContain('dispatch_searches_total');
    for (const name of ['dispatch_live_searches', 'dispatch_outbox_lines', 'dispatch_unreceived_offers'])
      expect(names).not.toContain(name);
    proxy.mend();
    await scrapedUntil(`${api.url}/metrics`, 'Postgres', (one) => one.name === 'dispatch_live_searches');
  } finally {
    await proxy.stop();
  }
});

test('the reader of expressions and scrapes reads what Prometheus means', () => {
  expect(
    metricsIn('sum by (dispatch_label) (rate(dispatch_a_total{x="dispatch_b"}[5m])) / temporal_c'),
  ).toEqual(['dispatch_a_total', 'temporal_c']);
  expect(samplesOf('# HELP a b\na{b="c",d="e\\"f"} 1.5\ng 2')).toEqual([
    { name: 'a', labels: { b: 'c', d: 'e\\"f' }, value: 1.5 },
    { name: 'g', labels: {}, value: 2 },
  ]);
});
