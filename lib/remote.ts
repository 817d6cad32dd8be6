// Views over ports
export { serveView } from './remote/serve-view.js';
export type { ServedView, ServeViewOptions } from './remote/serve-view.js';
export { connectView } from './remote/connect-view.js';
export type { ConnectViewOptions } from './remote/connect-view.js';
export type { RemoteView } from './remote/remote-view.js';
export type { PortLike } from './remote/port-like.js';
