// Writes the table of docs/http.md: what the plan of a download comes to, in virtual time.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PAGE = new URL('../../../../../docs/http.md', import.meta.url);

// The simulation is TypeScript, as what it simulates.
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('table.ts', import.meta.url))],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const [{ text } = { text: '' }] = outputFiles;
const { measure, renderPage } = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
writeFileSync(PAGE, renderPage(readFileSync(PAGE, 'utf8'), measure()));
