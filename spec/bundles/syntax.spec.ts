import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'acorn';
import { describe, expect, it } from '@jest/globals';

/** All that Safari 16.4 knows, the oldest whose shared memory grows. WebKit has no `using`. */
const YEAR = 2022;

/** Why a script is none of that year; undefined if it is. */
function problemOf(source: string): string | undefined {
  try {
    parse(source, { ecmaVersion: YEAR, sourceType: 'module' });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('what is shipped', () => {
  const scripts = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.js'));

  it('has no syntax that browsers with growing shared memory do not know', () => {
    expect(scripts.length).toBeGreaterThan(100);
    const problems = scripts.map((path) => [path, problemOf(readFileSync(join('dist', path), 'utf8'))]);
    expect(problems.filter(([, problem]) => problem !== undefined)).toEqual([]);
  });

  it('would be found out if it had some', () => {
    expect(problemOf('export function run(open) { using resource = open(); }')).toMatch(/Unexpected token/);
    expect(problemOf('export class Open { #a = 1; static { this.b = 2; } }')).toBeUndefined();
  });
});
