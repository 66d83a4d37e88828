// Cursors: opaque, ours only, and a page that knows whether there is a next.
import fc from 'fast-check';
import { NUMBER_KEY, UUID_KEY, fromCursor, pageOf, toCursor } from '../../src/http/cursor.js';
import { InvalidInputException } from '../../src/http/validation.js';

const UUID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';

it('comes back as it went', () => {
  expect(fromCursor(toCursor('1042'), NUMBER_KEY)).toBe('1042');
  expect(fromCursor(toCursor(UUID), UUID_KEY)).toBe(UUID);
  expect(fromCursor(undefined, NUMBER_KEY)).toBeUndefined();
  expect(toCursor(UUID)).toMatch(/^[\w-]+$/);
});

const form = { number: NUMBER_KEY, uuid: UUID_KEY };
it.each([
  ['', 'number'],
  ['x', 'number'],
  [toCursor('-1'), 'number'],
  [toCursor('1.5'), 'number'],
  [toCursor('1 OR 1=1'), 'number'],
  [toCursor('1\n'), 'number'],
  [toCursor('9'.repeat(19)), 'number'],
  [toCursor(UUID), 'number'],
  [toCursor('1042'), 'uuid'],
  [toCursor(`${UUID}0`), 'uuid'],
  [toCursor("' OR true; --"), 'uuid'],
  // 36 characters of a uuid's alphabet are no uuid: Postgres would answer with an error, and we with 500.
  [toCursor('-'.repeat(36)), 'uuid'],
  [toCursor('a'.repeat(36)), 'uuid'],
  [toCursor(UUID.replaceAll('-', '0')), 'uuid'],
] as const)('%s is no cursor of a list by %s: 400', (cursor, by) => {
  expect(() => fromCursor(cursor, form[by])).toThrow(InvalidInputException);
});

it('whatever comes, it is a key of the right form or a 400', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const cursor of [text, toCursor(text)])
        try {
          expect(BigInt(fromCursor(cursor, NUMBER_KEY) ?? '0')).toBeLessThan(2n ** 63n);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputException);
        }
    }),
  );
});

it('a page shows what was asked for, and a cursor only when there is more', () => {
  const page = (found: number[], limit: number) =>
    pageOf(
      found,
      limit,
      (n) => n * 10,
      (n) => String(n),
    );
  expect(page([5, 4, 3], 2)).toEqual({ items: [50, 40], nextCursor: toCursor('4') });
  expect(page([5, 4], 2)).toEqual({ items: [50, 40], nextCursor: null });
  expect(page([], 2)).toEqual({ items: [], nextCursor: null });
});
