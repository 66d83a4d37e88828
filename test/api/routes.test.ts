// The routes that Nest really has are the calls of the contract: one without a row there fails here.
import { CALLS } from '../../contract/calls.js';
import { apiInProcess, type ApiInProcess } from '../support/api-in-process.js';

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

let api: ApiInProcess;
beforeAll(async () => {
  api = await apiInProcess();
});
afterAll(() => api?.close());

function routes(): string[] {
  const instance = api.app.getHttpAdapter().getInstance() as unknown as { router: { stack: Layer[] } };
  return instance.router.stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`),
  );
}

test("the app's routes equal CALLS; besides them only the document pages", () => {
  const wanted = CALLS.map((call) => `${call.method.toUpperCase()} ${call.path}`).sort();
  const found = routes().filter((one) => !/^GET \/docs(-json)?(\/|$|\.)/.test(one));
  expect(found.sort()).toEqual(wanted);
});

test('no call is there twice', () => {
  const names = CALLS.map((call) => `${call.method} ${call.path}`);
  expect(new Set(names).size).toBe(names.length);
});
