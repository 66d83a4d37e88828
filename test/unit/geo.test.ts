// Great-circle distances against known ones, and the laws that they must keep.
import fc from 'fast-check';
import { EARTH_RADIUS_KM, arcKm, chordKm, greatCircleKm, roundKm, type LatLng } from '../../contract/geo.js';

const HALF_ROUND = Math.PI * EARTH_RADIUS_KM;
const anywhere = fc.record({
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lng: fc.double({ min: -180, max: 180, noNaN: true }),
});

// On the mean sphere of 6,371.0088 km; Nashville to Los Angeles is Rosetta Code's 2,887.26 km on one of 6,372.8.
it.each([
  ['a degree of the equator', { lat: 0, lng: 0 }, { lat: 0, lng: 1 }, 111.195],
  ['a degree of a meridian', { lat: 45, lng: 7 }, { lat: 46, lng: 7 }, 111.195],
  ['pole to pole', { lat: 90, lng: 12 }, { lat: -90, lng: 99 }, 20_015.115],
  ['Nashville to Los Angeles', { lat: 36.12, lng: -86.67 }, { lat: 33.94, lng: -118.4 }, 2_886.448],
  ['across the antimeridian', { lat: 0, lng: 179.5 }, { lat: 0, lng: -179.5 }, 111.195],
  ['two poles of one', { lat: 90, lng: 0 }, { lat: 90, lng: 180 }, 0],
])('%s', (_name, from, to, km) => {
  expect(Math.abs(greatCircleKm(from, to) - km)).toBeLessThan(0.001);
});

it('a metre is a metre', () => {
  const metre = 0.001 / (EARTH_RADIUS_KM * (Math.PI / 180));
  expect(greatCircleKm({ lat: 45.5, lng: -73.6 }, { lat: 45.5 + metre, lng: -73.6 })).toBeCloseTo(0.001, 8);
});

it('is never negative, never past half the Earth, never NaN, the same both ways, and zero to itself', () => {
  fc.assert(
    fc.property(anywhere, anywhere, (a: LatLng, b: LatLng) => {
      const km = greatCircleKm(a, b);
      expect(km).toBeGreaterThanOrEqual(0);
      expect(km).toBeLessThanOrEqual(HALF_ROUND + 1e-6);
      expect(greatCircleKm(b, a)).toBeCloseTo(km, 6);
      expect(greatCircleKm(a, a)).toBe(0);
    }),
  );
});

it('no way round is shorter, nearly to the other side of the Earth either', () => {
  const [here, near, across] = [0, 6.037091348628667e-7, -179.99999790869023];
  const way = greatCircleKm({ lat: here, lng: 0 }, { lat: near, lng: 0 });
  const round = way + greatCircleKm({ lat: near, lng: 0 }, { lat: 0, lng: across });
  expect(greatCircleKm({ lat: here, lng: 0 }, { lat: 0, lng: across })).toBeLessThanOrEqual(round + 1e-6);
  fc.assert(
    fc.property(anywhere, anywhere, anywhere, (a, b, c) => {
      expect(greatCircleKm(a, c)).toBeLessThanOrEqual(greatCircleKm(a, b) + greatCircleKm(b, c) + 1e-6);
    }),
  );
});

it('chord and arc undo each other, and longer arcs have longer chords', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 19_000, noNaN: true }),
      fc.double({ min: 0, max: 19_000, noNaN: true }),
      (one, other) => {
        expect(arcKm(chordKm(one))).toBeCloseTo(one, 5);
        if (one < other) expect(chordKm(one)).toBeLessThanOrEqual(chordKm(other));
        expect(chordKm(one)).toBeLessThanOrEqual(one + 1e-9);
      },
    ),
  );
  expect(chordKm(1e9)).toBeCloseTo(2 * EARTH_RADIUS_KM, 6);
});

it.each([
  [0, 0],
  [1.234, 1.23],
  [1.236, 1.24],
  [1.005, 1],
  [14.999, 15],
  [0.004, 0],
])('%d km is shown as %d', (km, shown) => {
  expect(roundKm(km)).toBeCloseTo(shown, 2);
  expect(Number.isInteger(Math.round(roundKm(km) * 100))).toBe(true);
});
