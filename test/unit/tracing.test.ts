import { startTracing, tracingIsWanted } from '../../src/tracing/tracing.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

test.each<[boolean, Record<string, string>]>([
  [false, {}],
  [false, { OTEL_SERVICE_NAME: 'dispatch' }],
  [false, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  [true, ENDPOINT],
  [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }],
  [false, { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
  [true, { ...ENDPOINT, OTEL_SDK_DISABLED: 'false' }],
  [false, { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
])('traces are wanted: %s with %p', (wanted, environment) => {
  expect(tracingIsWanted(environment)).toBe(wanted);
});

test('a sampler that is off records nothing, and ids are still handed on', async () => {
  const tracing = await startTracing('service', { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'always_off' });
  await tracing?.within('work', {}, () => {
    expect(tracing.current()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    return Promise.resolve();
  });
  expect(tracing?.current()).toBeUndefined();
  await tracing?.stop();
});
