// What a service worker imports to answer media elements from pages
import { listenInWorker } from './media/respond-from-page.js';

export { respondFromPage } from './media/respond-from-page.js';

listenInWorker();
