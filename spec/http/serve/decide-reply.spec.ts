import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Known, type Reply, decideReply } from '../../../lib/http/serve/decide-reply.js';
import { range } from '../../support/range.js';

/** 1000 bytes, all of them there. */
const complete: Known = {
  length: 1000,
  etag: '"v1"',
  lastModified: undefined,
  failed: false,
  begun: true,
  coveredUntil: () => 1000,
};
/** The first 400 of 1000 bytes are there. */
const begun: Known = { ...complete, coveredUntil: (from) => Math.max(from, 400) };
const unknown: Known = { ...begun, length: Infinity };
const nothing: Known = { ...unknown, etag: undefined, begun: false, coveredUntil: (from) => from };

function get(known: Known, headers: Record<string, string> = {}): Reply {
  return decideReply('GET', new Headers(headers), known);
}

const everything = { status: 200, range: range(0, Infinity) };

describe('while the length is unknown', () => {
  it.each([undefined, 'bytes=0-', 'bytes=0-1', 'bytes=0-99999', 'lines=1-2', 'bytes=1-2,5-6'])(
    'a range from the first byte on, or none, is everything without a length as soon as that byte is there: %s',
    (range) => {
      const headers: Record<string, string> = range === undefined ? {} : { range };
      expect(get(nothing, headers)).toEqual({ status: 'wait', from: 0 });
      // A version that is known is no byte.
      expect(get({ ...nothing, etag: '"v1"' }, headers)).toEqual({ status: 'wait', from: 0 });
      expect(get(unknown, headers)).toEqual(everything);
    },
  );

  it.each([
    ['bytes=100-', 100],
    ['bytes=100-199', 100],
    ['bytes=5000-', 5000],
    ['bytes=-100', 0],
    ['bytes=99999999999999999999-', Number.MAX_SAFE_INTEGER - 1],
  ])('a range that begins later, or counts from the end, waits for the length: %s', (range, from) => {
    expect(get(nothing, { range })).toEqual({ status: 'wait', from: range.startsWith('bytes=-') ? 0 : from });
    expect(get(unknown, { range })).toEqual({ status: 'wait', from });
  });

  it('HEAD is told the version as soon as the first byte is there, whatever range it names', () => {
    const headers = new Headers({ range: 'bytes=100-' });
    expect(decideReply('HEAD', headers, nothing)).toEqual({ status: 'wait', from: 0 });
    expect(decideReply('HEAD', headers, unknown)).toEqual(everything);
  });

  it('conditions are decided as soon as the version is known, before any byte is there', () => {
    const known: Known = { ...nothing, etag: '"v1"' };
    expect(get(nothing, { 'if-none-match': '"v1"' })).toEqual({ status: 'wait', from: 0 });
    expect(get(known, { 'if-none-match': '"v1"', range: 'bytes=500-' })).toEqual({ status: 304 });
    expect(get(known, { 'if-match': '"v2"' })).toEqual({ status: 412 });
    expect(get(known, { 'if-none-match': '"v0"' })).toEqual({ status: 'wait', from: 0 });
  });

  it('If-Range of another version turns a part that would wait for the length into everything', () => {
    expect(get(unknown, { range: 'bytes=100-', 'if-range': '"v1"' })).toEqual({ status: 'wait', from: 100 });
    expect(get(unknown, { range: 'bytes=100-', 'if-range': '"v0"' })).toEqual(everything);
    // Bytes without a version are of none that anybody could have parts of.
    expect(get({ ...unknown, etag: undefined }, { range: 'bytes=100-', 'if-range': '"v1"' })).toEqual(everything);
  });
});

describe('of a resource that failed', () => {
  const failed: Known = { ...begun, failed: true };
  const ofUnknownLength: Known = { ...failed, length: Infinity };

  it('an open range that begins where bytes are there gets them up to the gap', () => {
    const there = range(100, 400);
    expect(get(failed, { range: 'bytes=100-' })).toEqual({ status: 206, range: there, length: 1000 });
    expect(get(ofUnknownLength, { range: 'bytes=100-' })).toEqual({ status: 206, range: there, length: Infinity });
    expect(get(ofUnknownLength, { range: 'bytes=0-' })).toMatchObject({ status: 206, range: range(0, 400) });
  });

  it('a range that names its end gets all of it, or fails', () => {
    const there = range(100, 400);
    expect(get(failed, { range: 'bytes=100-399' })).toEqual({ status: 206, range: there, length: 1000 });
    expect(get(ofUnknownLength, { range: 'bytes=100-399' })).toEqual({ status: 206, range: there, length: Infinity });
    const missing = { status: 'failed', range: range(100, 401) };
    expect(get(failed, { range: 'bytes=100-400' })).toEqual(missing);
    expect(get(ofUnknownLength, { range: 'bytes=100-400' })).toEqual(missing);
    expect(get(failed, { range: 'bytes=-100' })).toMatchObject({ status: 'failed' });
    expect(get(ofUnknownLength, { range: 'bytes=-100' })).toMatchObject({ status: 'failed' });
  });

  it('the failure is what remains: for a range that begins at the gap, for everything, and where nothing is there', () => {
    expect(get(failed, { range: 'bytes=400-' })).toMatchObject({ status: 'failed', range: range(400, 1000) });
    expect(get(ofUnknownLength, { range: 'bytes=400-' })).toMatchObject({ status: 'failed' });
    expect(get(failed)).toMatchObject({ status: 'failed', range: range(0, 1000) });
    expect(get(ofUnknownLength)).toMatchObject({ status: 'failed' });
    expect(get({ ...nothing, failed: true }, { range: 'bytes=0-' })).toMatchObject({ status: 'failed' });
  });

  it('what needs no byte is answered as ever', () => {
    expect(decideReply('HEAD', new Headers(), failed)).toMatchObject({ status: 200, range: range(0, 1000) });
    expect(get(failed, { range: 'bytes=1000-' })).toEqual({ status: 416, length: 1000 });
    expect(get(failed, { 'if-none-match': '"v1"' })).toEqual({ status: 304 });
  });
});

describe('dates as conditions', () => {
  const DATE = 'Tue, 24 Nov 2015 10:00:00 GMT';
  const EARLIER = 'Tue, 24 Nov 2015 09:59:59 GMT';
  const dated: Known = { ...complete, lastModified: DATE };
  const whole = { status: 200, range: range(0, 1000) };

  it('are compared with the Last-Modified that the server gives', () => {
    expect(get(dated, { 'if-modified-since': DATE })).toEqual({ status: 304 });
    expect(get(dated, { 'if-modified-since': EARLIER })).toEqual(whole);
    expect(get(dated, { 'if-unmodified-since': DATE })).toEqual(whole);
    expect(get(dated, { 'if-unmodified-since': EARLIER })).toEqual({ status: 412 });
  });

  it('say nothing where there is a tag to compare, no Last-Modified, or no date', () => {
    expect(get(dated, { 'if-modified-since': DATE, 'if-none-match': '"v0"' })).toEqual(whole);
    expect(get(dated, { 'if-unmodified-since': EARLIER, 'if-match': '"v1"' })).toEqual(whole);
    expect(get(complete, { 'if-modified-since': DATE, 'if-unmodified-since': EARLIER })).toEqual(whole);
    expect(get(dated, { 'if-modified-since': 'yesterday', 'if-unmodified-since': '?' })).toEqual(whole);
  });

  it('in If-Range have to be the very date, and of a second that is over', () => {
    const range = 'bytes=0-9';
    expect(get(dated, { range, 'if-range': DATE })).toMatchObject({ status: 206 });
    expect(get(dated, { range, 'if-range': EARLIER })).toEqual(whole);
    const now = new Date().toUTCString();
    expect(get({ ...complete, lastModified: now }, { range, 'if-range': now })).toEqual(whole);
  });
});

it('an answer holds only bytes that are there or may still come, and never more than was asked for', () => {
  const offset = fc.nat(30);
  const header = fc.oneof(
    fc.tuple(offset, offset).map(([first, last]) => `bytes=${first}-${last}`),
    offset.map((first) => `bytes=${first}-`),
    offset.map((suffix) => `bytes=-${suffix}`),
  );
  const state = fc.record({
    length: fc.oneof(offset, fc.constant(Infinity)),
    there: offset,
    failed: fc.boolean(),
  });
  fc.assert(
    fc.property(header, state, (range, { length, there, failed }) => {
      const covered = Math.min(there, length);
      const known: Known = {
        ...complete,
        length,
        failed,
        begun: covered > 0,
        coveredUntil: (from) => Math.max(from, covered),
      };
      const reply = get(known, { range });
      // What failed waits for nothing.
      expect({ failed, status: reply.status }).not.toEqual({ failed: true, status: 'wait' });
      if (reply.status !== 206) return;
      const { start, end } = reply.range;
      const [, first = '', last = ''] = /=(\d*)-(\d*)/.exec(range) ?? [];
      expect(start).toBeLessThan(end);
      expect(end).toBeLessThanOrEqual(failed ? covered : length);
      expect(start).toBe(first === '' ? Math.max(0, length - Number(last)) : Number(first));
      expect(end).toBeLessThanOrEqual(first === '' || last === '' ? Infinity : Number(last) + 1);
      expect(reply.length).toBe(length);
    }),
    { numRuns: 10 * Number(process.env.FUZZ_RUNS ?? 30) },
  );
});
