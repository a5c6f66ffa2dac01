export type { Features } from './features.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
