import './installation/check-node.ts'
export {
  createMcpServer,
  type CodecellMcpServer,
  type McpClientConnection,
  type McpClientOptions,
  type SetToolsOptions,
} from './mcp-server/create-mcp-server.ts'
export type { DrainOptions } from './mcp-server/drain-options.ts'
export { serveHttp, type HttpServing, type ServeHttpOptions } from './mcp-server/http/serve-http.ts'
export { serveStdio } from './mcp-server/serve-stdio.ts'
export type { ClientTrace, McpServerSettings } from './mcp-server/server-options.ts'
