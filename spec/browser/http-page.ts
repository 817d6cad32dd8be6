import * as rxjs from 'rxjs';
import * as tidemark from 'tidemark';
import * as http from 'tidemark/http';

/** What the code that `http.spec.ts` runs in a page finds there, as `page`. */
const scope = { ...rxjs, ...tidemark, ...http };
export type Scope = typeof scope;

Object.assign(globalThis, { page: scope });
