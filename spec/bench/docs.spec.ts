import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { allCurves } from './curves/all-curves.js';
import { allRows } from './rows/all-rows.js';
import type { CurveResult } from './tools/curve.js';
import { renderDocs, type Run } from './tools/render-docs.js';

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('docs/performance.md', () => {
  const run = (): Run => JSON.parse(read('performance/bench.json')) as Run;
  const curves = (): CurveResult[] => JSON.parse(read('performance/curves.json')) as CurveResult[];

  it('has the figures of the run that is kept beside it, as the script writes them', () => {
    const page = read('performance.md');
    expect(renderDocs(page, run(), curves())).toBe(page);
  });

  it('shows every row and every curve there is, as it is described now, but for rows that need a program', () => {
    const { results } = run();
    const rows = allRows.filter(({ id, needs }) => needs === undefined || results.some((result) => result.id === id));
    expect(results).toMatchObject(rows.map(({ measure: _, flags: __, needs: ___, ...row }) => row));
    expect(curves()).toMatchObject(allCurves.map(({ measure: _, ...curve }) => curve));
  });

  it('has a figure of both versions of kithara-storage, or of neither', () => {
    const { results } = run();
    const compared = (['alpha2', 'head'] as const).map((version) => results.filter((result) => result[version]));
    expect(compared[0]?.map(({ id }) => id)).toEqual(compared[1]?.map(({ id }) => id));
    expect(compared[0]).not.toEqual([]);
  });
});
