import './installation/check-node.ts'
export {
  createMcpServer,
  type CodecellMcpServer,
  type McpClientOptions,
  type SetToolsOptions,
} from './mcp-server/create-mcp-server.ts'
export type { DrainOptions } from './mcp-server/drain-options.ts'
export type { McpClientConnection } from './mcp-server/connected-client.ts'
export { serveHttp, type HttpServing, type ServeHttpOptions } from './mcp-server/http/serve-http.ts'
export type { FleetOptions, PeerOptions } from './mcp-server/http/fleet/fleet-options.ts'
export type { PeerTls } from './mcp-server/http/fleet/peer-tls.ts'
export type { JwtOptions } from './mcp-server/http/callers/jwt-options.ts'
export { serveStdio } from './mcp-server/stdio/serve-stdio.ts'
export type { ClientTrace, McpServerSettings, WatchedClientSession } from './mcp-server/server-options.ts'
