import { BadArgumentsError, readArguments, USAGE } from '../../bench/arguments.js';

const GROUPS = ['held', 'sockets'];

describe('arguments of the bench', () => {
  test('without any it is the whole run of all groups', () => {
    expect(readArguments([], GROUPS)).toEqual({ quick: false, only: [], compare: null });
  });

  test('what is given is taken', () => {
    expect(readArguments(['--quick', '--only', 'sockets, held', '--compare', 'before.json'], GROUPS)).toEqual(
      { quick: true, only: ['sockets', 'held'], compare: 'before.json' },
    );
  });

  test('help is help, and names every option', () => {
    expect(readArguments(['--help'], GROUPS)).toBe('help');
    for (const option of ['--quick', '--only', '--compare']) expect(USAGE).toContain(option);
  });

  test.each([
    [['--only', 'sockts'], "--only 'sockts': allowed are held, sockets"],
    [['quick'], "'quick': this command takes no words"],
    [['--compare='], '--compare: wants a results file'],
    [['--fast'], "'--fast'"],
    [['--only'], '--only'],
  ])('%j is refused by name', (args, words) => {
    expect(() => readArguments(args, GROUPS)).toThrow(BadArgumentsError);
    expect(() => readArguments(args, GROUPS)).toThrow(words);
  });

  test('every fault is told at once', () => {
    expect(() => readArguments(['word', '--only', 'x,y'], GROUPS)).toThrow(/word[^]*'x'[^]*'y'/);
  });
});
