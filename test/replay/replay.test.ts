/** Every history that was ever recorded replays on the workflow as it is now, and holds no personal data. */
import { historyNames, readHistory, replay, textsOf } from '../support/histories.js';
import { RACE_SCENES } from '../support/race-scenes.js';
import { FURTHER_SCENES, SCENARIOS } from '../support/scenes.js';
import { CANARY } from '../support/stage-ground.js';

const names = historyNames();
/** Without a single history these tests must fail, not vanish. */
const each = names.length > 0 ? names : ['no history was recorded'];
let results: Record<string, Error | null>;
beforeAll(async () => {
  results = await replay(Object.fromEntries(names.map((name) => [name, readHistory(name)])));
});

test('each of the six scenarios has a history, and so has each further scene and each race', () => {
  const scenes = new Set(names.map((name) => name.split('.')[0]));
  const expected = [SCENARIOS, FURTHER_SCENES, RACE_SCENES].flatMap(Object.keys);
  expect(expected.filter((scene) => !scenes.has(scene))).toEqual([]);
  expect(Object.keys(SCENARIOS)).toHaveLength(6);
});

describe('replays on the workflow as it is now', () => {
  test.each(each)('%s', (name) => {
    expect(results[name]).toBeNull();
  });
});

describe('holds no name, phone number, address, note or reason text', () => {
  const forbidden = [...Object.values(CANARY), 'Canary', '+49155', 'flat tyre'];
  test.each(each)('%s', (name) => {
    const texts = textsOf(readHistory(name)).join('\n');
    expect(forbidden.filter((one) => texts.includes(one))).toEqual([]);
  });
});
