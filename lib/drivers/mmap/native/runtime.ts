/**
 * What runs this. Electron counts as Node. Bun and Deno name Node's version, too, and their own.
 */
export const RUNTIME: 'Node' | 'Bun' | 'Deno' =
  'bun' in process.versions ? 'Bun' : 'deno' in process.versions ? 'Deno' : 'Node';
